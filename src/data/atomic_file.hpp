// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rankfill::data {

/// Where write_file_atomically's caller puts the bytes.
class FileWriter {
 public:
  /// `descriptor` stays the caller's; `name` is for messages.
  FileWriter(int descriptor, std::string name);
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// *Throws* FileError.
  void write(const void* bytes, std::size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void flush();
  std::uint64_t bytes_written() const { return total_; }

 private:
  void write_through(const char* bytes, std::size_t count);

  int descriptor_;
  std::string name_;
  std::vector<char> pending_;
  std::uint64_t total_ = 0;
};

/// Writes a file whole or not at all: to a temporary name in the same directory, forced to disk, then renamed over
/// `file`.  When `fill` or the system fails, the temporary is removed and an old file is as it was.  A new file has the
/// old one's permissions.
///
/// An existing target that is no regular file (/dev/stdout, /dev/full, a pipe) is written to directly.
/// *Throws* FileError with the system's own words, and what `fill` throws.
void write_file_atomically(const std::filesystem::path& file, const std::function<void(FileWriter&)>& fill);

}  // namespace rankfill::data
