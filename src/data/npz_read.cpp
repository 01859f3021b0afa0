// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "data/file_bytes.hpp"
#include "data/npz.hpp"
#include "data/number.hpp"
#include "data/zip_format.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

struct Member {
  std::string name;
  std::uint16_t flags = 0, method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, size = 0, header = 0;
};

/// Bytes of a zip file, with every access checked.
class Zip {
 public:
  Zip(std::string_view bytes, const std::string& source) : bytes_(bytes), source_(source) {}

  std::vector<Member> directory() const;
  std::string unpack(const Member& member) const;

 private:
  [[noreturn]] void fail(const std::string& found) const { throw InvalidData(source_, 0, found); }

  template <class T>
  T number(std::uint64_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < sizeof(T)) fail("the zip data ends early");
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof(T));
    return value;
  }
  std::string_view piece(std::uint64_t at, std::uint64_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) fail("the zip data ends early");
    return bytes_.substr(at, size);
  }
  std::uint64_t end_record() const;
  void read_zip64_extra(Member& member, std::string_view extra) const;

  std::string_view bytes_;
  const std::string& source_;
};

std::uint64_t Zip::end_record() const {
  if (bytes_.size() >= 4 && number<std::uint32_t>(0) != kLocalHeader && number<std::uint32_t>(0) != kEndRecord) {
    fail("not a .npz file: this is no zip file");
  }
  constexpr std::uint64_t kLongestComment = 65535;
  if (bytes_.size() >= kEndRecordBytes) {
    const std::uint64_t last = bytes_.size() - kEndRecordBytes;
    for (std::uint64_t at = last;; --at) {
      if (number<std::uint32_t>(at) == kEndRecord && number<std::uint16_t>(at + 20) == last - at) return at;
      if (at == 0 || last - at == kLongestComment) break;
    }
  }
  fail("not a whole .npz file: the zip directory is missing; is the file cut short?");
}

void Zip::read_zip64_extra(Member& member, std::string_view extra) const {
  std::uint64_t* wanted[] = {&member.size, &member.packed, &member.header};
  bool missing = std::any_of(std::begin(wanted), std::end(wanted), [](const auto* w) { return *w == kIn64; });
  while (missing && extra.size() >= 4) {
    std::uint16_t id = 0, size = 0;
    std::memcpy(&id, extra.data(), 2);
    std::memcpy(&size, extra.data() + 2, 2);
    extra.remove_prefix(4);
    std::string_view field = extra.substr(0, size);
    extra.remove_prefix(field.size());
    if (id != kZip64Extra) continue;
    for (std::uint64_t* value : wanted) {
      if (*value != kIn64) continue;
      if (field.size() < 8) fail("damaged zip directory: a 64-bit size is missing");
      std::memcpy(value, field.data(), 8);
      field.remove_prefix(8);
    }
    missing = false;
  }
  if (missing) fail("damaged zip directory: a 64-bit size is missing");
}

std::vector<Member> Zip::directory() const {
  const std::uint64_t end = end_record();
  std::uint64_t count = number<std::uint16_t>(end + 10);
  std::uint64_t size = number<std::uint32_t>(end + 12);
  std::uint64_t at = number<std::uint32_t>(end + 16);
  if (end >= kZip64LocatorBytes && number<std::uint32_t>(end - kZip64LocatorBytes) == kZip64Locator) {
    const auto record = number<std::uint64_t>(end - kZip64LocatorBytes + 8);
    if (number<std::uint32_t>(record) != kZip64EndRecord) fail("damaged zip directory: no zip64 record");
    count = number<std::uint64_t>(record + 32);
    size = number<std::uint64_t>(record + 40);
    at = number<std::uint64_t>(record + 48);
  }
  piece(at, size);
  if (count > size / kDirectoryEntryBytes) fail("damaged zip directory: more members than it has room for");

  std::vector<Member> members;
  std::uint64_t packed = 0;
  for (std::uint64_t k = 0; k < count; ++k) {
    if (number<std::uint32_t>(at) != kDirectoryEntry) fail("damaged zip directory");
    Member member;
    member.flags = number<std::uint16_t>(at + 8);
    member.method = number<std::uint16_t>(at + 10);
    member.crc = number<std::uint32_t>(at + 16);
    member.packed = number<std::uint32_t>(at + 20);
    member.size = number<std::uint32_t>(at + 24);
    const std::uint64_t name = number<std::uint16_t>(at + 28);
    const std::uint64_t extra = number<std::uint16_t>(at + 30);
    const std::uint64_t comment = number<std::uint16_t>(at + 32);
    member.header = number<std::uint32_t>(at + 42);
    member.name = piece(at + kDirectoryEntryBytes, name);
    read_zip64_extra(member, piece(at + kDirectoryEntryBytes + name, extra));
    at += kDirectoryEntryBytes + name + extra + comment;
    // Members that share bytes could ask for far more memory than the file has.
    if (member.packed > bytes_.size() || (packed += member.packed) > bytes_.size()) {
      fail("damaged zip directory: its members are larger than the file");
    }
    members.push_back(std::move(member));
  }
  return members;
}

std::string Zip::unpack(const Member& member) const {
  const auto refuse = [&](const std::string& found) { fail("member " + data::quoted(member.name) + " " + found); };
  if (member.flags & 1) refuse("is encrypted");
  if (number<std::uint32_t>(member.header) != kLocalHeader) refuse("has no header where the directory says");
  const std::uint64_t name = number<std::uint16_t>(member.header + 26);
  const std::uint64_t extra = number<std::uint16_t>(member.header + 28);
  const std::string_view packed = piece(member.header + kLocalHeaderBytes + name + extra, member.packed);
  std::string bytes;
  if (member.method == 0) {
    if (member.size != member.packed) refuse("has two different sizes");
    bytes = packed;
  } else if (member.method == Z_DEFLATED) {
    constexpr std::uint64_t kBestRatio = 1032;  // of deflate: 258 bytes from 2 bits
    if (member.size / kBestRatio > member.packed) refuse("claims a size that its data cannot have");
    bytes.resize(member.size);
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
    std::uint64_t in = 0, out = 0;
    int status = Z_OK;
    while (status == Z_OK) {
      constexpr std::uint64_t kStep = std::uint64_t{1} << 30;  // zlib counts in 32 bits
      const std::uint64_t next_in = std::min(kStep, packed.size() - in), next_out = std::min(kStep, bytes.size() - out);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + in));
      stream.avail_in = static_cast<uInt>(next_in);
      stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + out);
      stream.avail_out = static_cast<uInt>(next_out);
      status = inflate(&stream, Z_NO_FLUSH);
      in += next_in - stream.avail_in;
      out += next_out - stream.avail_out;
    }
    inflateEnd(&stream);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_STREAM_END || out != bytes.size()) refuse("has damaged compressed data");
  } else {
    refuse("is compressed in a way that is not read (method " + std::to_string(member.method) + ")");
  }
  if (crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()) != member.crc) {
    refuse("does not have the checksum the directory says; the file is damaged");
  }
  return bytes;
}

}  // namespace

std::vector<NamedArray> parse_npz(std::string_view bytes, const std::string& source) {
  const Zip zip(bytes, source);
  std::vector<NamedArray> arrays;
  for (const Member& member : zip.directory()) {
    std::string_view name = member.name;
    if (!name.ends_with(".npy")) continue;
    name.remove_suffix(4);
    if (find_array(arrays, name) != nullptr)
      throw InvalidData(source, 0, "array " + data::quoted(name) + " is there twice");
    arrays.emplace_back(name, parse_npy(zip.unpack(member), source + "[" + std::string(name) + "]"));
  }
  if (arrays.empty()) throw InvalidData(source, 0, "a zip file without any .npy array");
  return arrays;
}

std::vector<NamedArray> read_npz(const std::filesystem::path& file) {
  const FileBytes bytes(file);
  return parse_npz(bytes.view(), bytes.name());
}

const Array* find_array(std::span<const NamedArray> arrays, std::string_view name) {
  for (const auto& [key, array] : arrays) {
    if (key == name) return &array;
  }
  return nullptr;
}

}  // namespace rankfill::data
