// SPDX-License-Identifier: Apache-2.0
#include "problem/center.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace rankfill {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

Entries small() {  // [1 3; 5 .; . .]
  Entries e;
  e.num_rows = 3;
  e.num_cols = 2;
  e.rows = {0, 0, 1};
  e.cols = {0, 1, 0};
  e.values = {1, 3, 5};
  return e;
}

TEST(Center, NoneTakesNothingOff) {
  const Centering c = center(small(), Center::none, 5);
  EXPECT_EQ(c.mean, 0);
  EXPECT_EQ(c.at(0, 1), 0);
}

TEST(Center, MeanIsTheMeanOfTheEntries) {
  const Centering c = center(small(), Center::mean, 5);
  EXPECT_EQ(c.mean, 3);
  EXPECT_EQ(c.at(2, 1), 3);
  EXPECT_TRUE(c.row_bias.empty() && c.col_bias.empty());
}

TEST(Center, OneColumnWorkedOutByHand) {
  // values 1 and 5, mean 3, damping 1: the column sums to 0 and so do its biases; b_0 = -2 / (1 + 1), b_1 = 2 / (1 + 1)
  Entries e;
  e.num_rows = 2;
  e.num_cols = 1;
  e.rows = {0, 1};
  e.cols = {0, 0};
  e.values = {1, 5};

  const Centering c = center(e, Center::bias, 1);

  EXPECT_EQ(c.mean, 3);
  EXPECT_EQ(c.col_bias, (std::vector<double>{0}));
  EXPECT_EQ(c.row_bias, (std::vector<double>{-1, 1}));
}

TEST(Center, AdditiveDataIsExplainedByUndampedBiases) {
  // m_ij = 10 + i - 2 j on a full 4 x 3 matrix: mean and biases leave nothing
  Entries e;
  e.num_rows = 4;
  e.num_cols = 3;
  for (std::int32_t i = 0; i < 4; ++i)
    for (std::int32_t j = 0; j < 3; ++j) {
      e.rows.push_back(i);
      e.cols.push_back(j);
      e.values.push_back(10.0 + i - 2 * j);
    }

  const Centering c = center(e, Center::bias, 0);

  for (std::size_t p = 0; p < e.values.size(); ++p)
    EXPECT_NEAR(c.at(e.rows[p], e.cols[p]), e.values[p], 12 * kEpsilon * 13) << "entry " << p;
}

TEST(Center, ThreeRoundsComeWithinAPercentOfTheFixedPoint) {
  Entries e;
  e.num_rows = 15;
  e.num_cols = 12;
  for (std::int32_t i = 0; i < e.num_rows; ++i)
    for (std::int32_t j = 0; j < e.num_cols; ++j)
      if ((i * 5 + j * 7) % 4 != 0) {
        e.rows.push_back(i);
        e.cols.push_back(j);
        e.values.push_back(std::sin(i) + std::cos(2.0 * j) + 0.1 * std::sin(3.0 * i * j));
      }
  constexpr double damping = 5;

  const Centering c = center(e, Center::bias, damping);

  // one more round by the formula moves the row biases by little
  std::vector<double> col(12, 0.0), row(15, 0.0), col_count(12, damping), row_count(15, damping);
  for (std::size_t p = 0; p < e.values.size(); ++p) {
    const auto i = static_cast<std::size_t>(e.rows[p]), j = static_cast<std::size_t>(e.cols[p]);
    col[j] += e.values[p] - c.mean - c.row_bias[i];
    col_count[j] += 1, row_count[i] += 1;
  }
  for (std::size_t p = 0; p < e.values.size(); ++p) {
    const auto i = static_cast<std::size_t>(e.rows[p]), j = static_cast<std::size_t>(e.cols[p]);
    row[i] += e.values[p] - c.mean - col[j] / col_count[j];
  }
  double moved = 0, size = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    moved += std::pow(row[i] / row_count[i] - c.row_bias[i], 2);
    size += std::pow(c.row_bias[i], 2);
  }
  EXPECT_LE(std::sqrt(moved), 0.01 * std::sqrt(size));
}

TEST(Center, MoreDampingMeansSmallerBiases) {
  const Centering light = center(small(), Center::bias, 0.5), heavy = center(small(), Center::bias, 50);
  EXPECT_LT(std::abs(heavy.col_bias[0]) + std::abs(heavy.row_bias[1]),
            std::abs(light.col_bias[0]) + std::abs(light.row_bias[1]));
}

TEST(Center, EmptyRowsAndUnseenIndicesHaveNoBias) {
  for (const double damping : {0.0, 5.0}) {
    const Centering c = center(small(), Center::bias, damping);
    EXPECT_EQ(c.row_bias[2], 0);
    EXPECT_EQ(c.at(-1, -1), c.mean);
    EXPECT_EQ(c.at(-1, 0), c.mean + c.col_bias[0]);
    EXPECT_EQ(c.at(1, -1), c.mean + c.row_bias[1]);
  }
}

TEST(Center, SumsAreTakenInTheSameRangesByAnyNumberOfThreads) {
  Entries e;  // enough for several ranges; every cell many times, which does not matter here
  e.num_rows = 50;
  e.num_cols = 7;
  const std::size_t count = (std::size_t{1} << 21) + 17;
  for (std::size_t p = 0; p < count; ++p) {
    e.rows.push_back(static_cast<std::int32_t>(p % 50));
    e.cols.push_back(static_cast<std::int32_t>(p % 7));
    e.values.push_back(0.1 * static_cast<double>(p % 50) + 0.3 * static_cast<double>(p % 7));
  }
  const Centering one = center(e, Center::bias, 5, CpuBackend(1)), three = center(e, Center::bias, 5, CpuBackend(3));
  EXPECT_EQ(one.mean, three.mean);
  EXPECT_EQ(one.row_bias, three.row_bias);
  EXPECT_EQ(one.col_bias, three.col_bias);

  double sum = 0;
  for (const double value : e.values) sum += value;
  const auto terms = static_cast<double>(count);
  EXPECT_NEAR(one.mean, sum / terms, terms * kEpsilon * 6.7);  // the largest value
  for (std::int32_t i = 0; i + 1 < 50; ++i)  // additive data: biases differ as rows do, but for damping
    EXPECT_NEAR(one.row_bias[static_cast<std::size_t>(i) + 1] - one.row_bias[static_cast<std::size_t>(i)], 0.1,
                5 * 5 / (terms / 50));
}

}  // namespace
}  // namespace rankfill
