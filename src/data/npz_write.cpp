// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <algorithm>

#include "data/atomic_file.hpp"
#include "data/npz.hpp"
#include "data/zip_format.hpp"

namespace rankfill::data {

namespace {

constexpr std::uint16_t kVersion = 20, kVersion64 = 45;  // of the zip format, needed to read the file
constexpr std::uint16_t kUtf8Names = 1 << 11;
constexpr std::uint16_t kDosDate = 1 << 5 | 1;  // 1980-01-01, the earliest: the same arrays give the same bytes

/// Little-endian numbers, one after another.
class Record {
 public:
  template <class T>
  Record& put(T value) {
    for (std::size_t k = 0; k < sizeof(T); ++k) bytes_ += static_cast<char>(value >> (8 * k) & 0xff);
    return *this;
  }
  Record& put_text(std::string_view text) {
    bytes_ += text;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

std::uint32_t low32(std::uint64_t value, bool in64) { return in64 ? kIn64 : static_cast<std::uint32_t>(value); }

struct Written {
  std::string name;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, size = 0, header = 0;
  std::uint16_t method = 0;
  bool zip64 = false;
};

class Deflater {
 public:
  Deflater() {
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void add(const void* bytes, std::size_t count, bool last) {
    constexpr std::size_t kStep = std::size_t{1} << 30;  // zlib counts in 32 bits
    const auto* at = static_cast<const Bytef*>(bytes);
    do {
      const std::size_t step = std::min(count, kStep);
      stream_.next_in = const_cast<Bytef*>(at);
      stream_.avail_in = static_cast<uInt>(step);
      run(last && step == count ? Z_FINISH : Z_NO_FLUSH);
      at += step;
      count -= step;
    } while (count > 0);
  }
  const std::string& packed() const { return packed_; }

 private:
  void run(int flush) {
    constexpr std::size_t kRoom = std::size_t{1} << 18;
    do {
      const std::size_t before = packed_.size();
      packed_.resize(before + kRoom);
      stream_.next_out = reinterpret_cast<Bytef*>(packed_.data() + before);
      stream_.avail_out = static_cast<uInt>(kRoom);
      deflate(&stream_, flush);
      packed_.resize(before + kRoom - stream_.avail_out);
      if (stream_.avail_out > 0) return;
    } while (true);
  }
  z_stream stream_{};
  std::string packed_;
};

Written write_member(FileWriter& out, const std::string& name, const Array& array, const NpzOptions& options) {
  const std::string header = npy_header(array);
  Written member;
  member.name = name + ".npy";
  member.header = out.bytes_written();
  member.size = header.size() + array.bytes.size();
  const auto* data = reinterpret_cast<const Bytef*>(array.bytes.data());
  auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(header.data()), header.size());
  if (!array.bytes.empty()) crc = crc32_z(crc, data, array.bytes.size());
  member.crc = static_cast<std::uint32_t>(crc);
  member.packed = member.size;
  std::string packed;
  if (options.deflate) {
    Deflater deflater;
    deflater.add(header.data(), header.size(), false);
    deflater.add(array.bytes.data(), array.bytes.size(), true);
    packed = deflater.packed();
    member.packed = packed.size();
    member.method = Z_DEFLATED;
  }
  member.zip64 = options.force_zip64 || member.size >= kIn64 || member.packed >= kIn64;

  Record record;
  record.put(kLocalHeader).put(member.zip64 ? kVersion64 : kVersion).put(kUtf8Names).put(member.method);
  record.put(std::uint16_t{0}).put(kDosDate).put(member.crc);
  record.put(low32(member.packed, member.zip64)).put(low32(member.size, member.zip64));
  record.put(static_cast<std::uint16_t>(member.name.size())).put(static_cast<std::uint16_t>(member.zip64 ? 20 : 0));
  record.put_text(member.name);
  if (member.zip64) record.put(kZip64Extra).put(std::uint16_t{16}).put(member.size).put(member.packed);
  out.write(record.bytes());
  if (options.deflate) {
    out.write(packed);
  } else {
    out.write(header);
    out.write(array.bytes.data(), array.bytes.size());
  }
  return member;
}

void write_directory_entry(FileWriter& out, const Written& member, bool force) {
  const bool zip64 = force || member.zip64 || member.header >= kIn64;
  Record record;
  record.put(kDirectoryEntry).put(zip64 ? kVersion64 : kVersion).put(zip64 ? kVersion64 : kVersion);
  record.put(kUtf8Names).put(member.method).put(std::uint16_t{0}).put(kDosDate).put(member.crc);
  record.put(low32(member.packed, zip64)).put(low32(member.size, zip64));
  record.put(static_cast<std::uint16_t>(member.name.size())).put(static_cast<std::uint16_t>(zip64 ? 28 : 0));
  record.put(std::uint16_t{0}).put(std::uint16_t{0}).put(std::uint16_t{0}).put(std::uint32_t{0});
  record.put(low32(member.header, zip64));
  record.put_text(member.name);
  if (zip64) {
    record.put(kZip64Extra).put(std::uint16_t{24}).put(member.size).put(member.packed).put(member.header);
  }
  out.write(record.bytes());
}

void write_end(FileWriter& out, std::uint64_t count, std::uint64_t directory, bool force) {
  const std::uint64_t end = out.bytes_written(), size = end - directory;
  const bool zip64 = force || count >= 0xffff || directory >= kIn64 || size >= kIn64;
  Record record;
  if (zip64) {
    record.put(kZip64EndRecord).put(kZip64EndRecordBytes - 12).put(kVersion64).put(kVersion64);
    record.put(std::uint32_t{0}).put(std::uint32_t{0}).put(count).put(count).put(size).put(directory);
    record.put(kZip64Locator).put(std::uint32_t{0}).put(end).put(std::uint32_t{1});
  }
  const auto count16 = static_cast<std::uint16_t>(zip64 ? 0xffff : count);
  record.put(kEndRecord).put(std::uint16_t{0}).put(std::uint16_t{0}).put(count16).put(count16);
  record.put(low32(size, zip64)).put(low32(directory, zip64)).put(std::uint16_t{0});
  out.write(record.bytes());
}

}  // namespace

void write_npz(const std::filesystem::path& file, std::span<const NamedArray> arrays, const NpzOptions& options) {
  write_file_atomically(file, [&](FileWriter& out) {
    std::vector<Written> members;
    for (const auto& [name, array] : arrays) members.push_back(write_member(out, name, array, options));
    const std::uint64_t directory = out.bytes_written();
    for (const Written& member : members) write_directory_entry(out, member, options.force_zip64);
    write_end(out, members.size(), directory, options.force_zip64);
  });
}

}  // namespace rankfill::data
