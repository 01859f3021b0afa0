// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "data/files.hpp"
#include "data/npy.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {
namespace {

using test::complaint_of;
using test::holds;

Array with_bytes(Dtype dtype, std::size_t item_size, std::vector<std::int64_t> shape, const std::string& bytes) {
  Array array{dtype, item_size, std::move(shape), false, {}};
  array.bytes.resize(bytes.size());
  std::memcpy(array.bytes.data(), bytes.data(), bytes.size());
  return array;
}

TEST(Array, HalvesAreExact) {
  const std::pair<std::uint16_t, double> cases[] = {{0x0000, 0},
                                                    {0x0001, std::ldexp(1, -24)},  // the smallest
                                                    {0x03ff, std::ldexp(1023, -24)},
                                                    {0x0400, std::ldexp(1, -14)},
                                                    {0x3c00, 1},
                                                    {0x3555, 0.333251953125},
                                                    {0xc000, -2},
                                                    {0x7bff, 65504},  // the largest
                                                    {0xfc00, -std::numeric_limits<double>::infinity()}};
  for (const auto& [bits, value] : cases) {
    const std::string bytes{static_cast<char>(bits & 0xff), static_cast<char>(bits >> 8)};
    EXPECT_EQ(with_bytes(Dtype::float16, 2, {1}, bytes).as_doubles(), std::vector<double>{value}) << bits;
  }
  EXPECT_TRUE(std::isnan(with_bytes(Dtype::float16, 2, {1}, std::string("\x01\x7c", 2)).as_doubles()[0]));
}

TEST(Array, FortranOrderIsTurned) {
  Array array =
      with_bytes(Dtype::uint8, 1, {2, 3, 2}, std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b", 12));
  array.fortran = true;
  // Element (i, j, k) is at i + 2 j + 6 k.
  EXPECT_EQ(array.as_int64(), (std::vector<std::int64_t>{0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11}));
}

TEST(Array, AnyBytesSurviveAsText) {
  const std::vector<std::string> texts{"",
                                       "plain",
                                       "\xc3\xa9t\xc3\xa9",
                                       "\xe6\x97\xa5",
                                       "\xf0\x9f\x8e\xac",
                                       "\xff\xfe broken",
                                       "\xc3",
                                       "\xed\xa0\x80",      // a surrogate
                                       "\xf4\x90\x80\x80",  // beyond U+10FFFF
                                       "\xc0\xaf",          // overlong
                                       std::string("a\0b", 3)};
  EXPECT_EQ(Array::of(std::span<const std::string>(texts)).as_strings(), texts);
  EXPECT_EQ(Array::of(std::span<const std::string>()).count(), 0);
}

TEST(Array, TextIsAsNumpyStoresIt) {
  const std::vector<std::string> texts{"ab", "\xe2\x82\xac"};
  const Array array = Array::of(std::span<const std::string>(texts));
  EXPECT_EQ(dtype_name(array), "<U2");
  std::uint32_t euro = 0;
  std::memcpy(&euro, array.bytes.data() + 8, 4);
  EXPECT_EQ(euro, 0x20acu);
  EXPECT_EQ(with_bytes(Dtype::bytes, 3, {2}, std::string("ab\0xyz", 6)).as_strings(),
            (std::vector<std::string>{"ab", "xyz"}));
}

TEST(Array, WrongTypesAreRefused) {
  const std::vector<double> halves{0.5};
  const std::vector<std::string> texts{"x"};
  const Array real = Array::of(std::span<const double>(halves)), text = Array::of(std::span<const std::string>(texts));

  EXPECT_TRUE(holds(complaint_of<InvalidData>([&] { real.as_int64(); }), "whole numbers are needed"));
  EXPECT_TRUE(holds(complaint_of<InvalidData>([&] { real.as_strings(); }), "texts are needed"));
  EXPECT_TRUE(holds(complaint_of<InvalidData>([&] { text.as_doubles(); }), "numbers are needed"));
  const Array large = with_bytes(Dtype::uint64, 8, {1}, std::string(8, '\xff'));
  EXPECT_TRUE(holds(complaint_of<InvalidData>([&] { large.as_int64(); }), "18446744073709551615 is too large"));
  const Array surrogate = with_bytes(Dtype::unicode, 4, {1}, std::string("\x00\xd8\x00\x00", 4));
  EXPECT_TRUE(holds(complaint_of<InvalidData>([&] { surrogate.as_strings(); }), "no Unicode character"));
  EXPECT_THROW(Array::of(std::span<const double>(halves), {2, 3}), InvalidData);
}

}  // namespace
}  // namespace rankfill::data
