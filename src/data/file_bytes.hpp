// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rankfill::data {

/// The bytes of a file as stored: mapped when it is a regular file, read into memory when it is a pipe or device.
/// *Throws* FileError (missing, a directory, unreadable), Error("interrupted").
class FileBytes {
 public:
  /// While it waits for a pipe, `interrupt` is looked at.
  explicit FileBytes(const std::filesystem::path& file, const std::atomic<bool>* interrupt = nullptr);
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  std::string_view view() const { return view_; }
  const std::string& name() const { return name_; }
  /// `part` of view() will not be read again soon: a mapped file need not stay in memory.  It may be read all the same.
  void done_with(std::string_view part) const;

 private:
  void read_stream(int descriptor, const std::atomic<bool>* interrupt);

  std::string name_;
  std::string_view view_;
  void* mapping_ = nullptr;
  std::size_t mapping_bytes_ = 0;
  std::vector<char> copy_;
};

/// Decompresses a stream piece by piece.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Writes up to `size` bytes; fewer only at the end.  *Throws* InvalidData (damaged or cut short).
  virtual std::size_t read(char* out, std::size_t size) = 0;
  /// Compressed bytes used so far.
  virtual std::uint64_t consumed() const = 0;
};

/// A gzip (any number of members) or zstd (any number of frames) decoder by the magic bytes; nullptr when `input` is
/// neither.  `input` must outlive the decoder; `file` is for messages.
std::unique_ptr<Decoder> make_decoder(std::string_view input, const std::string& file);

}  // namespace rankfill::data
