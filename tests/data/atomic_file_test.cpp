// SPDX-License-Identifier: Apache-2.0
#include "data/atomic_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "data/files.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {
namespace {

namespace fs = std::filesystem;
using test::complaint_of;
using test::contents;
using test::holds;
using test::write_text;

class AtomicFile : public testing::Test {
 protected:
  std::size_t num_files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
  }
  static void put(const fs::path& file, const std::string& text) {
    write_file_atomically(file, [&](FileWriter& out) { out.write(text); });
  }
  test::TemporaryFolder folder;
};

/// Files of this process cannot grow beyond `bytes`: what a full disk does, at a place of our choosing.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*handler_)(int);
};

TEST_F(AtomicFile, WritesSmallAndLargePieces) {
  const std::string large(3 << 20, 'x');  // three buffers
  std::uint64_t written = 0;
  write_file_atomically(folder / "file", [&](FileWriter& out) {
    out.write("small ");
    out.write(large);
    out.write(" end");
    written = out.bytes_written();
  });

  EXPECT_EQ(contents(folder / "file"), "small " + large + " end");
  EXPECT_EQ(written, large.size() + 10);
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(AtomicFile, TheOldFileIsThereUntilTheNewOneIsWhole) {
  write_text(folder / "file", "old");
  write_file_atomically(folder / "file", [&](FileWriter& out) {
    out.write("new");
    out.flush();
    EXPECT_EQ(contents(folder / "file"), "old");
  });

  EXPECT_EQ(contents(folder / "file"), "new");
}

TEST_F(AtomicFile, TheOldFileSurvivesAnExceptionAndNothingElseStays) {
  write_text(folder / "file", "old");
  EXPECT_THROW(write_file_atomically(folder / "file",
                                     [](FileWriter& out) {
                                       out.write("half");
                                       out.flush();
                                       throw std::runtime_error("stop");
                                     }),
               std::runtime_error);

  EXPECT_EQ(contents(folder / "file"), "old");
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(AtomicFile, TheOldFileSurvivesADiskThatFillsUp) {
  write_text(folder / "file", "old");
  const std::string large(2 << 20, 'x');
  std::string complaint;
  {
    const FileSizeLimit limit(1 << 19);
    complaint = complaint_of<FileError>([&] { put(folder / "file", large); });
  }

  EXPECT_TRUE(holds(complaint, "file: cannot write: ")) << complaint;
  EXPECT_EQ(contents(folder / "file"), "old");
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(AtomicFile, ANewFileTakesOverPermissions) {
  write_text(folder / "file", "old");
  chmod((folder / "file").c_str(), 0640);
  put(folder / "file", "new");

  struct stat status {};
  ASSERT_EQ(stat((folder / "file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
}

TEST_F(AtomicFile, ALinkStaysALink) {
  write_text(folder / "target", "old");
  fs::create_symlink(folder / "target", folder / "link");
  put(folder / "link", "new");

  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(contents(folder / "target"), "new");
}

TEST_F(AtomicFile, LongNamesWork) {
  const std::string name(255, 'n');
  put(folder / name, "text");

  EXPECT_EQ(contents(folder / name), "text");
}

TEST_F(AtomicFile, SaysWhyItCannot) {
  fs::create_directory(folder / "directory");

  EXPECT_TRUE(holds(complaint_of<FileError>([&] { put(folder / "directory", "x"); }), "Is a directory"));
  EXPECT_TRUE(holds(complaint_of<FileError>([&] { put(folder / "no/file", "x"); }), "No such file or directory"));
  EXPECT_TRUE(fs::is_directory(folder / "directory"));
}

TEST_F(AtomicFile, DevicesAreWrittenTo) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  put("/dev/null", "text");

  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_TRUE(holds(complaint_of<FileError>([&] { put("/dev/full", "x"); }), "No space left on device"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

}  // namespace
}  // namespace rankfill::data
