// SPDX-License-Identifier: Apache-2.0
#include "problem/narrow.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "problem/start.hpp"

namespace rankfill {
namespace {

template <class T>
class Narrow : public ::testing::Test {
 protected:
  /// What a T itself is off by at most, in values as large as the largest of these: half a unit in the last place, which
  /// the coding may spend once and the decoding's own rounding once more.
  static double unit(const std::vector<double>& values) {
    double largest = 0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest * std::numeric_limits<T>::epsilon();
  }

  /// The coding, after a look at every value.
  static ValueCoding<T> coding_of(const std::vector<double>& values, const char* what) {
    const auto coding = find_coding<T>(values);
    if (!coding) {
      ADD_FAILURE() << what << ": no coding";
      return {};
    }
    const double within = unit(values);
    for (const double value : values) {
      const std::uint32_t code = coding->code(value);
      EXPECT_LE(code, coding->largest) << what << ": " << value;
      EXPECT_NEAR(coding->value(code), value, within) << what;
    }
    return *coding;
  }
};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Narrow, Scalars);

/// `count` values low, low + step, ..., each `levels` steps at most above the first, in a scattered order, less `mean`.
/// Rounded twice, whatever the compiler makes of a * b + c: a coding of doubles has no room for a third time.
std::vector<double> grid(std::size_t count, double low, double step, std::uint32_t levels, double mean) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(std::fma(step, philox({static_cast<std::uint32_t>(i), 0, 0, 0}, {3, 0})[0] % (levels + 1), low) -
                     mean);
  values.front() = low - mean, values.back() = std::fma(step, levels, low) - mean;
  return values;
}

TYPED_TEST(Narrow, HalfStarsNeedFourBits) {
  const auto coding = this->coding_of({0.5, 3.5, 5, 4, 0.5}, "half stars");
  EXPECT_EQ(coding.largest, 9U);
  EXPECT_EQ(coding.offset, TypeParam(0.5));
  EXPECT_EQ(coding.step, TypeParam(0.5));
  EXPECT_EQ(coding.code(3.5), 6U);
}

TYPED_TEST(Narrow, ACentredScaleStaysOne) {
  const double mean = 3.5127811;  // of no special form
  const auto coding = this->coding_of(grid(20000, 0.5, 0.5, 9, mean), "half stars less their mean");
  EXPECT_EQ(coding.largest, 9U);
}

TYPED_TEST(Narrow, TwoDecimalsNeedSixteenBits) {
  const auto coding = this->coding_of(grid(20000, -10, 0.01, 2000, 0.123456), "two decimals");
  EXPECT_GT(coding.largest, 255U);
  EXPECT_LE(coding.largest, 65535U);
}

TYPED_TEST(Narrow, TheLastLevelIsReached) {
  const auto values = [](double largest) { return std::vector<double>{0, 1, largest}; };
  EXPECT_EQ(this->coding_of(values(255), "8 bits").largest, 255U);
  EXPECT_EQ(this->coding_of(values(256), "9 bits").largest, 256U);
  EXPECT_EQ(this->coding_of(values(65535), "16 bits").largest, 65535U);
  EXPECT_FALSE(find_coding<TypeParam>(values(65536)).has_value());
}

TYPED_TEST(Narrow, OneValueHasOneCode) {
  for (const double value : {0.0, -7.25, 0.1}) {
    const auto coding = this->coding_of({value, value, value}, "a constant");
    EXPECT_EQ(coding.largest, 0U);
    EXPECT_EQ(coding.value(0), static_cast<TypeParam>(value));
  }
}

TYPED_TEST(Narrow, ValuesOfNoGridAreLeftAlone) {
  EXPECT_FALSE(find_coding<TypeParam>({}).has_value());
  EXPECT_FALSE(find_coding<TypeParam>({0, 1, std::sqrt(2.0)}).has_value());
  std::vector<double> scattered;
  for (std::uint32_t i = 0; i < 5000; ++i) scattered.push_back(philox({i, 0, 0, 0}, {1, 0})[0] * 0x1p-32);
  EXPECT_FALSE(find_coding<TypeParam>(scattered).has_value());
}

TYPED_TEST(Narrow, OneValueOffTheGridIsSeenWhereverItIs) {
  for (const std::size_t at : {std::size_t{1}, std::size_t{7777}, std::size_t{19998}}) {
    auto values = grid(20000, 1, 1, 4, 0);
    values[at] = 2.5;
    const auto coding = find_coding<TypeParam>(values);
    if (coding) {  // the sample may have met it, and found the finer grid
      EXPECT_EQ(coding->value(coding->code(2.5)), TypeParam(2.5)) << "at " << at;
    }
    values[at] = 2.4321;
    EXPECT_FALSE(find_coding<TypeParam>(values).has_value()) << "at " << at;
  }
}

TYPED_TEST(Narrow, ValuesCloserThanTheScalarCanTellCountAsEqual) {
  const double below = 1 - std::numeric_limits<TypeParam>::epsilon() / 4;
  const auto coding = this->coding_of({below, 1, 2, 3}, "a rounding error apart");
  EXPECT_EQ(coding.largest, 2U);
}

}  // namespace
}  // namespace rankfill
