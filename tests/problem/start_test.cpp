// SPDX-License-Identifier: Apache-2.0
#include "problem/start.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace rankfill {
namespace {

TEST(Start, PhiloxGivesThePublishedWords) {
  // known answers of the Random123 library, philox4x32 with 10 rounds
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}),
            (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

/// Offsets of `count` rows with one entry each.
std::vector<std::int64_t> full_rows(std::int64_t count) {
  std::vector<std::int64_t> row_ptr;
  for (std::int64_t i = 0; i <= count; ++i) row_ptr.push_back(i);
  return row_ptr;
}

TEST(Start, ProductsHaveTheSpreadOfTheData) {
  constexpr int rank = 8;
  constexpr std::int64_t rows = 4000;
  constexpr double rms = 3;
  const auto u = random_start(0, 0, full_rows(rows), rank, rms), v = random_start(0, 1, full_rows(rows), rank, rms);

  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    double product = 0;
    for (std::size_t k = 0; k < rank; ++k) product += u[i * rank + k] * v[i * rank + k];
    sum += product;
    squares += product * product;
  }

  // five standard errors; the kurtosis of such a product is 3 + 6 / rank
  const double error = 5 / std::sqrt(double{rows});
  EXPECT_NEAR(sum / rows, 0, rms * error);
  EXPECT_NEAR(squares / rows, rms * rms, rms * rms * error * std::sqrt(2 + 6.0 / rank));
}

TEST(Start, DependsOnSeedAndSide) {
  const auto first = random_start(1, 0, full_rows(5), 3, 1);
  EXPECT_EQ(random_start(1, 0, full_rows(5), 3, 1), first);
  EXPECT_NE(random_start(2, 0, full_rows(5), 3, 1), first);
  EXPECT_NE(random_start(1, 1, full_rows(5), 3, 1), first);
  EXPECT_NE(random_start(1 + (std::uint64_t{1} << 32), 0, full_rows(5), 3, 1), first) << "the high half counts";
}

TEST(Start, ARowDependsOnItsIndexAlone) {
  constexpr int rank = 5;
  const auto few = random_start(7, 0, full_rows(3), rank, 1), many = random_start(7, 0, full_rows(9), rank, 1);
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i], many[i]);
}

TEST(Start, EmptyRowsAreZero) {
  constexpr int rank = 3;
  const auto x = random_start(0, 0, {0, 2, 2, 3}, rank, 1);
  ASSERT_EQ(x.size(), 9U);
  for (std::size_t k = 0; k < rank; ++k) {
    EXPECT_NE(x[k], 0);
    EXPECT_EQ(x[rank + k], 0);
    EXPECT_NE(x[2 * rank + k], 0);
  }
}

}  // namespace
}  // namespace rankfill
