// SPDX-License-Identifier: Apache-2.0
#include "data/npy.hpp"

#include <gtest/gtest.h>

#include "data/files.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {
namespace {

using test::complaint_of;
using test::holds;

/// A .npy file by hand: magic, version, the header as given, the data.
std::string npy(const std::string& header, const std::string& data, int version = 1) {
  std::string bytes("\x93NUMPY", 6);
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (int k = 0; k < (version == 1 ? 2 : 4); ++k) bytes += static_cast<char>(header.size() >> (8 * k) & 0xff);
  return bytes + header + data;
}

std::string header(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

Array parse(const std::string& bytes) { return parse_npy(bytes, "file"); }
std::string refusal(const std::string& bytes) {
  return complaint_of<InvalidData>([&] { parse(bytes); });
}

TEST(Npy, ReadsEveryNumberType) {
  const std::pair<const char*, std::string> cases[] = {{"|b1", {"\x01\x00", 2}},
                                                       {"|i1", {"\x01\xff", 2}},
                                                       {"|u1", {"\x01\xff", 2}},
                                                       {"<i2", {"\x01\x00\xff\xff", 4}},
                                                       {">i2", {"\x00\x01\xff\xff", 4}},
                                                       {"<u2", {"\x01\x00\xff\xff", 4}},
                                                       {"<i4", {"\x01\x00\x00\x00\xff\xff\xff\xff", 8}},
                                                       {">u4", {"\x00\x00\x00\x01\xff\xff\xff\xff", 8}},
                                                       {"<f2", {"\x00\x3c\x00\xc0", 4}},
                                                       {"<f4", {"\x00\x00\x80\x3f\x00\x00\x00\xc0", 8}},
                                                       {">f4", {"\x3f\x80\x00\x00\xc0\x00\x00\x00", 8}}};
  const double second[] = {0, -1, 255, -1, -1, 65535, -1, 4294967295.0, -2, -2, -2};
  for (std::size_t k = 0; k < std::size(cases); ++k) {
    const auto& [descr, data] = cases[k];
    EXPECT_EQ(parse(npy(header(descr, "(2,)"), data)).as_doubles(), (std::vector<double>{1, second[k]})) << descr;
  }
  const std::string eight("\x01\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff\xff\xff\xff\xff", 16);
  EXPECT_EQ(parse(npy(header("<i8", "(2,)"), eight)).as_int64(), (std::vector<std::int64_t>{1, -2}));
}

TEST(Npy, ReadsVersionsShapesAndOrders) {
  const std::string six("\x01\x02\x03\x04\x05\x06", 6);
  for (const int version : {1, 2, 3}) {
    const Array array = parse(npy(header("|u1", "(2, 3)"), six, version));
    EXPECT_EQ(array.shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(array.as_int64(), (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
  }
  EXPECT_EQ(parse(npy(header("|u1", "(2, 3)", "True"), six)).as_int64(), (std::vector<std::int64_t>{1, 3, 5, 2, 4, 6}));
  EXPECT_EQ(parse(npy(header("|u1", "()"), "\x07")).as_int64(), (std::vector<std::int64_t>{7}));
  EXPECT_EQ(parse(npy(header("|u1", "(0, 3)"), "")).count(), 0);
  EXPECT_EQ(parse(npy(header("|u1", "(6L,)"), six)).count(), 6);  // Python 2
  // Any order of keys, double quotes, little space.
  EXPECT_EQ(parse(npy("{\"shape\":(6,),\"descr\":\"|u1\",\"fortran_order\":False}", six)).count(), 6);
}

TEST(Npy, WhatItWritesIsAlignedAndReadsBack) {
  const std::vector<double> values{1, 2, 3, 4, 5, 6};
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{6}, {2, 3}, {1, 2, 3}, {6, 1}}) {
    const Array array = Array::of(std::span<const double>(values), shape);
    std::string bytes = npy_header(array);
    EXPECT_EQ(bytes.size() % 64, 0u);
    EXPECT_EQ(bytes.back(), '\n');
    bytes.append(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size());
    const Array read = parse(bytes);
    EXPECT_EQ(read.shape, shape);
    EXPECT_EQ(read.as_doubles(), values);
  }
  EXPECT_EQ(parse(npy_header(Array::scalar(1.5)) + std::string(8, '\0')).shape, (std::vector<std::int64_t>{}));
}

TEST(Npy, HostileSizesAreRefusedBeforeMemoryIsAskedFor) {
  for (const char* shape : {"(4611686018427387904, 4)", "(9223372036854775807,)", "(4294967296, 4294967296)",
                            "(1000000000000,)", "(65536, 65536, 65536, 65536)"}) {
    EXPECT_TRUE(holds(refusal(npy(header("<f8", shape), std::string(16, 'x'))), "bytes, but 16 follow")) << shape;
  }
  EXPECT_TRUE(holds(refusal(npy(header("<f8", "(-1, 2)"), "")), "bad size in shape"));
  EXPECT_TRUE(holds(refusal(npy(header("<f8", "(99999999999999999999,)"), "")), "bad size in shape"));
  EXPECT_TRUE(holds(refusal(npy(header("<f8", "(" + std::string(2000, '1') + ")"), "")), "bad size in shape"));
  std::string many = "(";
  for (int k = 0; k < 65; ++k) many += "1,";
  EXPECT_TRUE(holds(refusal(npy(header("<f8", many + ")"), std::string(8, 'x'))), "too many dimensions"));
  EXPECT_TRUE(holds(refusal(npy(header("<U2147483647", "(2,)"), "")), "bytes, but 0 follow"));
  EXPECT_TRUE(holds(refusal(npy(header("<U9999999999", "(1,)"), "")), "is not known"));
  // A zero beside sizes whose product overflows: no elements, and still no data may follow.
  EXPECT_EQ(parse(npy(header("<f8", "(9223372036854775807, 9223372036854775807, 0)"), "")).count(), 0);
  // The header's own length beyond the file.
  std::string longer = npy(header("<f8", "(1,)"), std::string(8, 'x'), 2);
  longer[11] = '\x7f';
  EXPECT_TRUE(holds(refusal(longer), "header ends early"));
}

TEST(Npy, RefusesWhatItDoesNotKnow) {
  for (const char* descr : {"|O", "|O8", "<c16", "<f16", "<i3", "<M8[ns]", "|V16", "f", "", "<", "<f", "<f-8", "<U0"}) {
    EXPECT_TRUE(holds(refusal(npy(header(descr, "(1,)"), std::string(16, 'x'))), "array type")) << descr;
  }
  EXPECT_TRUE(
      holds(refusal(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", "")), "structured"));
  EXPECT_TRUE(holds(refusal(npy(header("<f8", "(1,)"), std::string(8, 'x'), 4)), "version 4"));
  EXPECT_TRUE(holds(refusal("NUMPY"), "magic"));
  const char* bad[] = {"",
                       "{",
                       "{}",
                       "[]",
                       "{'descr': '<f8'}",
                       "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x",
                       "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,)}",
                       "{'descr': '<f8', 'fortran_order': False, 'shape': 1}",
                       "{'descr': '<f8', 'fortran_order': False, 'shape': (1,",
                       "{'descr': '<f8, 'fortran_order': False, 'shape': (1,)}",
                       "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}",
                       "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
                       "{'descr': '<f8' 'fortran_order': False}",
                       "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}"};
  for (const char* text : bad) EXPECT_TRUE(holds(refusal(npy(text, std::string(8, 'x'))), "bad .npy header")) << text;
}

TEST(Npy, EveryCutIsSeen) {
  const std::string whole = npy(header("<f8", "(2,)"), std::string(16, '\0'));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(parse(whole.substr(0, size)), InvalidData) << size;
  EXPECT_TRUE(holds(refusal(whole + "x"), "ask for 16 bytes, but 17 follow"));
}

}  // namespace
}  // namespace rankfill::data
