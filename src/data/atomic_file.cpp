// SPDX-License-Identifier: Apache-2.0
#include "data/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <system_error>
#include <utility>

#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

[[noreturn]] void fail(const std::string& name, const char* doing, int error) {
  throw FileError(name, doing, std::generic_category().message(error));
}

/// A descriptor that is closed once: by close(), which tells of errors, or else by the destructor.
class Output {
 public:
  Output(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }
  void close() {
    if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail(name_, "cannot write", errno);
  }

 private:
  int descriptor_;
  std::string name_;
};

/// A temporary file; removed unless it was renamed.
struct Temporary {
  explicit Temporary(fs::path path) : path(std::move(path)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!path.empty()) ::unlink(path.c_str());
  }
  fs::path path;
};

fs::path temporary_name(const fs::path& file) {
  constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::random_device random;
  std::string suffix;
  for (int k = 0; k < 8; ++k) suffix += kDigits[random() % 36];
  // A name too long for the system would be an error the target's own name does not have.
  const std::string stem = file.filename().string().substr(0, 200);
  return file.parent_path() / ("." + stem + "." + suffix + ".tmp");
}

/// Writes to what is there.  Standard output and error are duplicated, not opened anew, so that the position of a
/// file they were redirected to is kept.
void write_directly(const fs::path& file, const std::function<void(FileWriter&)>& fill) {
  const std::string name = file.string();
  const int descriptor = file == "/dev/stdout"   ? ::dup(STDOUT_FILENO)
                         : file == "/dev/stderr" ? ::dup(STDERR_FILENO)
                                                 : ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) fail(name, "cannot open for writing", errno);
  Output out(descriptor, name);
  FileWriter writer(out.get(), name);
  fill(writer);
  writer.flush();
  out.close();
}

bool is_under(const fs::path& file, const char* directory) {
  return file.is_absolute() && file.string().starts_with(directory);
}

}  // namespace

FileWriter::FileWriter(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {
  pending_.reserve(kBufferBytes);
}

void FileWriter::write(const void* bytes, std::size_t count) {
  const char* begin = static_cast<const char*>(bytes);
  total_ += count;
  if (pending_.size() + count > kBufferBytes) flush();
  if (count > kBufferBytes) {
    write_through(begin, count);
  } else {
    pending_.insert(pending_.end(), begin, begin + count);
  }
}

void FileWriter::flush() {
  write_through(pending_.data(), pending_.size());
  pending_.clear();
}

void FileWriter::write_through(const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(name_, "cannot write", errno);
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
}

void write_file_atomically(const fs::path& file, const std::function<void(FileWriter&)>& fill) {
  const std::string name = file.string();
  struct stat old {};
  const bool exists = ::stat(file.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) fail(name, "cannot open for writing", EISDIR);
  if (exists &&
      (!S_ISREG(old.st_mode) || is_under(file, "/dev/std") || is_under(file, "/dev/fd/") || is_under(file, "/proc/"))) {
    write_directly(file, fill);
    return;
  }
  // A link keeps pointing where it does: what it points to is replaced.
  std::error_code ignored;
  fs::path target = exists ? fs::canonical(file, ignored) : file;
  if (target.empty()) target = file;
  if (exists && ::access(target.c_str(), W_OK) != 0) fail(name, "cannot open for writing", errno);

  const fs::path temporary_path = temporary_name(target);
  const int descriptor = ::open(temporary_path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) fail(name, "cannot open for writing", errno);
  Temporary temporary(temporary_path);
  Output out(descriptor, name);
  if (exists) ::fchmod(out.get(), old.st_mode & 07777);
  FileWriter writer(out.get(), name);
  fill(writer);
  writer.flush();
  if (::fsync(out.get()) != 0 && errno != EINVAL && errno != ENOTSUP) fail(name, "cannot write", errno);
  out.close();
  if (::rename(temporary.path.c_str(), target.c_str()) != 0) fail(name, "cannot replace", errno);
  temporary.path.clear();

  // So that the new name survives a power cut; there is nothing to undo should it fail.
  const fs::path directory = target.has_parent_path() ? target.parent_path() : fs::path(".");
  const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle >= 0) {
    ::fsync(handle);
    ::close(handle);
  }
}

}  // namespace rankfill::data
