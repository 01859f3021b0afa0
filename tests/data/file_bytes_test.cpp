// SPDX-License-Identifier: Apache-2.0
#include "data/file_bytes.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "data/files.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {
namespace {

using test::complaint_of;
using test::holds;

/// A pipe whose reading end has a name.
class Pipe {
 public:
  Pipe() {
    if (pipe(ends_) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    close(ends_[0]);
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  std::string name() const { return "/dev/fd/" + std::to_string(ends_[0]); }
  void write_all(const std::string& text) const {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t written = write(ends_[1], text.data() + at, text.size() - at);
      if (written <= 0) return;
      at += static_cast<std::size_t>(written);
    }
  }
  void close_writer() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST(FileBytes, MapsFilesAndReadsDevices) {
  const test::TemporaryFolder folder;
  const FileBytes file(test::write_text(folder / "file", "some text")), empty(test::write_text(folder / "empty", ""));
  const FileBytes null("/dev/null"), process("/proc/self/status");

  EXPECT_EQ(file.view(), "some text");
  EXPECT_EQ(file.name(), (folder / "file").string());
  EXPECT_EQ(empty.view(), "");
  EXPECT_EQ(null.view(), "");
  EXPECT_TRUE(process.view().starts_with("Name:"));  // stat says it is empty
}

/// Kilobytes of the mapping that begins at `begin` which this process holds, by /proc/self/smaps.
int resident_kilobytes(const void* begin) {
  std::ifstream maps("/proc/self/smaps");
  std::stringstream start;
  start << std::hex << reinterpret_cast<std::uintptr_t>(begin) << '-';
  bool found = false;
  for (std::string line; std::getline(maps, line);) {
    found = found || line.starts_with(start.str());
    if (found && line.starts_with("Rss:")) return std::stoi(line.substr(4));
  }
  return -1;
}

TEST(FileBytes, WhatIsDoneWithLeavesMemoryAndCanBeReadAgain) {
  const test::TemporaryFolder folder;
  const std::size_t size = std::size_t{1} << 20;
  std::string text(size, 'a');
  text[3] = 'b';
  const FileBytes file(test::write_text(folder / "file", text));
  ASSERT_EQ(file.view(), text);
  ASSERT_EQ(resident_kilobytes(file.view().data()), 1024);

  file.done_with(file.view().substr(1));  // not the whole of the first page

  EXPECT_GT(resident_kilobytes(file.view().data()), 0);
  EXPECT_LE(resident_kilobytes(file.view().data()), sysconf(_SC_PAGESIZE) / 1024);
  EXPECT_EQ(file.view(), text);
  file.done_with({});
  FileBytes("/dev/null").done_with({});
}

TEST(FileBytes, ReadsPipesToTheirEnd) {
  const std::string text(5 << 20, 'x');
  Pipe pipe;
  std::jthread writer([&] {
    pipe.write_all(text);
    pipe.close_writer();
  });
  const std::atomic<bool> interrupt{false};
  const FileBytes bytes(pipe.name(), &interrupt);

  EXPECT_TRUE(bytes.view() == text) << bytes.view().size();
}

TEST(FileBytes, WaitingForAPipeCanBeInterrupted) {
  const Pipe pipe;
  std::atomic<bool> interrupt{false};
  std::jthread user([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    interrupt = true;
  });

  EXPECT_EQ(complaint_of<Error>([&] { FileBytes(pipe.name(), &interrupt); }), "interrupted");
}

TEST(FileBytes, SaysWhyItCannot) {
  const test::TemporaryFolder folder;

  EXPECT_TRUE(holds(complaint_of<FileError>([&] { FileBytes{folder / "no"}; }), "No such file or directory"));
  EXPECT_TRUE(holds(complaint_of<FileError>([&] { FileBytes{folder.path()}; }), "Is a directory"));
}

}  // namespace
}  // namespace rankfill::data
