// SPDX-License-Identifier: Apache-2.0
#include "tests/support/oracle.hpp"

#include <gtest/gtest.h>

namespace rankfill::testing {
namespace {

// M = [1 . 2; . 3 .; 4 . .], rank 1, u = (1, 2, 1), v = (1, 1, 2).
const oracle::Dense kMatrix{3, 3, {1, 0, 2, 0, 3, 0, 4, 0, 0}, {1, 0, 1, 0, 1, 0, 1, 0, 0}};
const std::vector<double> kU{1, 2, 1}, kV{1, 1, 2};

TEST(Oracle, ResidualWorkedOutByHand) {
  // 1 - 1 = 0, 2 - 2 = 0, 3 - 2 = 1, 4 - 1 = 3
  EXPECT_EQ(oracle::residual(kMatrix, kU, kV, 1).value, (std::vector<double>{0, 0, 0, 0, 1, 0, 3, 0, 0}));
}

TEST(Oracle, RowGradientWorkedOutByHand) {
  // -R V = -(0, 1 * 1, 3 * 1)
  EXPECT_EQ(oracle::row_gradient(oracle::residual(kMatrix, kU, kV, 1), kV, 1), (std::vector<double>{0, -1, -3}));
}

TEST(Oracle, BestRowWorkedOutByHand) {
  // row 0: (1 + 4 + lambda) u = 1 * 1 + 2 * 2, lambda = 1: u = 5 / 6
  EXPECT_DOUBLE_EQ(oracle::best_row(kMatrix, 0, kV, 1, 1)[0], 5.0 / 6.0);
}

TEST(Oracle, LineSumsWorkedOutByHand) {
  // du = (1, 0, 0), dv = (0, 0, 1): entry (0,0): e 0 b 1 c 0; (0,2): e 0 b 2 + 1 = 3 c 1; (1,1): e 1 b 0; (2,0): e 3 b 0
  const LineSums s = oracle::line_sums(kMatrix, kU, kV, {1, 0, 0}, {0, 0, 1}, 1);
  EXPECT_EQ(s.ee, 10);
  EXPECT_EQ(s.eb, 0);
  EXPECT_EQ(s.ec, 0);
  EXPECT_EQ(s.bb, 10);
  EXPECT_EQ(s.bc, 3);
  EXPECT_EQ(s.cc, 1);
}

}  // namespace
}  // namespace rankfill::testing
