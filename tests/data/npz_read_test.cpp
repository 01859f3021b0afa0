// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <zlib.h>

#include "data/files.hpp"
#include "data/npz.hpp"
#include "data/zip_format.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {
namespace {

using test::complaint_of;
using test::holds;

/// Numbers as zip stores them: little-endian.
class Bytes {
 public:
  Bytes& u16(std::uint64_t value) { return number(value, 2); }
  Bytes& u32(std::uint64_t value) { return number(value, 4); }
  Bytes& u64(std::uint64_t value) { return number(value, 8); }
  Bytes& text(const std::string& value) {
    bytes_ += value;
    return *this;
  }
  operator std::string() const { return bytes_; }

 private:
  Bytes& number(std::uint64_t value, int size) {
    for (int k = 0; k < size; ++k) bytes_ += static_cast<char>(value >> (8 * k) & 0xff);
    return *this;
  }
  std::string bytes_;
};

/// What a zip file says about its one member; every field can lie.
struct Claims {
  std::string name = "x.npy", data, extra;
  std::uint64_t flags = 0, method = 0, crc = 0, packed = 0, size = 0, header = 0, count = 1, directory_size = 0,
                directory_at = 0;
};

/// The .npy array [1, 2] of bytes.
std::string array_bytes() {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + "\x01\x02";
}

Claims honest() {
  Claims claims;
  claims.data = array_bytes();
  claims.crc = crc32(0, reinterpret_cast<const Bytef*>(claims.data.data()), static_cast<uInt>(claims.data.size()));
  claims.packed = claims.size = claims.data.size();
  claims.directory_at = kLocalHeaderBytes + claims.name.size() + claims.data.size();
  claims.directory_size = kDirectoryEntryBytes + claims.name.size();
  return claims;
}

std::string local_header(const Claims& c) {
  return Bytes()
      .u32(kLocalHeader)
      .u16(20)
      .u16(c.flags)
      .u16(c.method)
      .u32(0)
      .u32(c.crc)
      .u32(c.packed)
      .u32(c.size)
      .u16(c.name.size())
      .u16(0)
      .text(c.name);
}

std::string directory_entry(const Claims& c) {
  return Bytes()
      .u32(kDirectoryEntry)
      .u16(20)
      .u16(20)
      .u16(c.flags)
      .u16(c.method)
      .u32(0)
      .u32(c.crc)
      .u32(c.packed)
      .u32(c.size)
      .u16(c.name.size())
      .u16(c.extra.size())
      .u16(0)
      .u16(0)
      .u16(0)
      .u32(0)
      .u32(c.header)
      .text(c.name)
      .text(c.extra);
}

std::string end_record(const Claims& c, const std::string& comment = "") {
  return Bytes()
      .u32(kEndRecord)
      .u16(0)
      .u16(0)
      .u16(c.count)
      .u16(c.count)
      .u32(c.directory_size)
      .u32(c.directory_at)
      .u16(comment.size())
      .text(comment);
}

std::string zip(const Claims& c) { return local_header(c) + c.data + directory_entry(c) + end_record(c); }

std::string refusal(const std::string& bytes) {
  return complaint_of<InvalidData>([&] { parse_npz(bytes, "file"); });
}

void expect_whole(const std::string& bytes) {
  const auto arrays = parse_npz(bytes, "file");
  ASSERT_EQ(arrays.size(), 1u);
  EXPECT_EQ(arrays[0].first, "x");
  EXPECT_EQ(arrays[0].second.as_int64(), (std::vector<std::int64_t>{1, 2}));
}

TEST(NpzRead, ReadsAStoredMember) { expect_whole(zip(honest())); }

TEST(NpzRead, ReadsACommentAtTheEnd) {
  const Claims c = honest();
  // A comment may hold what looks like another end record.
  for (const std::string& comment : {std::string(65535, 'c'), "PK\x05\x06" + std::string(30, 'x')})
    expect_whole(local_header(c) + c.data + directory_entry(c) + end_record(c, comment));
}

TEST(NpzRead, ReadsZip64) {
  Claims c = honest();
  c.extra = Bytes().u16(0x5455).u16(1).text("t").u16(kZip64Extra).u16(24).u64(c.size).u64(c.packed).u64(0);
  c.size = c.packed = c.header = kIn64;
  const std::string body = local_header(c) + c.data;
  const std::string entry = directory_entry(c);
  const std::uint64_t end64 = body.size() + entry.size();
  const std::string record = Bytes()
                                 .u32(kZip64EndRecord)
                                 .u64(44)
                                 .u16(45)
                                 .u16(45)
                                 .u32(0)
                                 .u32(0)
                                 .u64(1)
                                 .u64(1)
                                 .u64(entry.size())
                                 .u64(body.size());
  const std::string locator = Bytes().u32(kZip64Locator).u32(0).u64(end64).u32(1);
  Claims end = c;
  end.count = 0xffff;
  end.directory_size = end.directory_at = kIn64;
  const std::string whole = body + entry + record + locator + end_record(end);
  expect_whole(whole);

  // Without the record that the locator points to, or with one that points outside the file.
  std::string without = whole;
  without[body.size() + entry.size()] = 'X';
  EXPECT_TRUE(holds(refusal(without), "no zip64 record"));
  const std::string astray = Bytes().u32(kZip64Locator).u32(0).u64(~std::uint64_t{0} - 8).u32(1);
  EXPECT_TRUE(holds(refusal(body + entry + record + astray + end_record(end)), "ends early"));
}

TEST(NpzRead, A64BitSizeThatIsNotThereIsRefused) {
  for (const std::string& extra :
       {std::string(), static_cast<std::string>(Bytes().u16(kZip64Extra).u16(4).u32(0)),
        static_cast<std::string>(Bytes().u16(kZip64Extra).u16(0xffff).u64(1)),
        static_cast<std::string>(Bytes().u16(7).u16(8).u64(1)), std::string("\x01\x00", 2)}) {
    Claims c = honest();
    c.extra = extra;
    c.size = c.packed = kIn64;
    c.directory_size += extra.size();
    EXPECT_TRUE(holds(refusal(zip(c)), "a 64-bit size is missing")) << extra.size();
  }
}

TEST(NpzRead, SizesThatLieAreRefusedBeforeMemoryIsAskedFor) {
  Claims c = honest();
  c.packed = c.size = 0xfffffffe;
  EXPECT_TRUE(holds(refusal(zip(c)), "larger than the file"));

  c = honest();
  c.extra = Bytes().u16(kZip64Extra).u16(16).u64(~std::uint64_t{0}).u64(~std::uint64_t{0});
  c.size = c.packed = kIn64;
  c.directory_size += c.extra.size();
  EXPECT_TRUE(holds(refusal(zip(c)), "larger than the file"));

  c = honest();  // a deflate bomb by its claim
  c.method = Z_DEFLATED;
  c.size = 0xfffffffe;
  EXPECT_TRUE(holds(refusal(zip(c)), "claims a size that its data cannot have"));

  c = honest();
  c.size += 1;
  EXPECT_TRUE(holds(refusal(zip(c)), "two different sizes"));

  c = honest();
  c.count = 0xfffe;
  EXPECT_TRUE(holds(refusal(zip(c)), "more members than it has room for"));

  c = honest();
  c.directory_at = 0xfffffff0;
  EXPECT_TRUE(holds(refusal(zip(c)), "ends early"));

  c = honest();
  c.header = 0xfffffff0;
  EXPECT_TRUE(holds(refusal(zip(c)), "ends early"));
}

TEST(NpzRead, MembersCannotShareBytes) {
  constexpr int kMembers = 8;  // whose sizes together exceed the file's
  const Claims c = honest();
  Claims end = c;
  end.count = kMembers;
  end.directory_size *= kMembers;
  std::string bytes = local_header(c) + c.data;
  for (int k = 0; k < kMembers; ++k) bytes += directory_entry(c);
  EXPECT_TRUE(holds(refusal(bytes + end_record(end)), "larger than the file"));
}

TEST(NpzRead, ANameIsThereOnce) {
  const Claims c = honest();
  Claims end = c;
  end.count = 2;
  end.directory_size *= 2;
  const std::string bytes = local_header(c) + c.data + directory_entry(c) + directory_entry(c) + end_record(end);
  EXPECT_TRUE(holds(refusal(bytes), "array \"x\" is there twice"));
}

TEST(NpzRead, DamageIsNamed) {
  Claims c = honest();
  c.crc ^= 1;
  EXPECT_TRUE(holds(refusal(zip(c)), "checksum"));
  c = honest();
  c.flags = 1;
  EXPECT_TRUE(holds(refusal(zip(c)), "is encrypted"));
  c = honest();
  c.method = 14;
  EXPECT_TRUE(holds(refusal(zip(c)), "method 14"));
  c = honest();
  c.method = Z_DEFLATED;
  EXPECT_TRUE(holds(refusal(zip(c)), "damaged compressed data"));
  c = honest();
  c.header = 1;
  EXPECT_TRUE(holds(refusal(zip(c)), "has no header where the directory says"));
  c = honest();
  c.name = "x.txt";
  EXPECT_TRUE(holds(refusal(zip(c)), "without any .npy array"));
  EXPECT_TRUE(holds(refusal("not a zip file, and long enough to be one"), "no zip file"));
  EXPECT_TRUE(holds(refusal(""), "the zip directory is missing"));
  // The array within is named.
  c = honest();
  c.data[0] = 'X';
  c.crc = crc32(0, reinterpret_cast<const Bytef*>(c.data.data()), static_cast<uInt>(c.data.size()));
  EXPECT_TRUE(holds(refusal(zip(c)), "file[x]: not a .npy array"));
}

TEST(NpzRead, ArraysAreFoundByName) {
  const auto arrays = parse_npz(zip(honest()), "file");
  EXPECT_EQ(find_array(arrays, "x"), &arrays[0].second);
  EXPECT_EQ(find_array(arrays, "y"), nullptr);
}

TEST(NpzRead, EveryCutAndEveryChangedByteIsAnErrorOfOursOrHarmless) {
  const std::string whole = zip(honest());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    EXPECT_THROW(parse_npz(whole.substr(0, at), "file"), InvalidData) << at;
    for (const int bit : {1, 0x40, 0xff}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ bit);
      try {
        for (const auto& [name, array] : parse_npz(changed, "file")) EXPECT_EQ(array.count(), 2) << at;
      } catch (const InvalidData&) {
      }
    }
  }
}

}  // namespace
}  // namespace rankfill::data
