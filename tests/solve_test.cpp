// SPDX-License-Identifier: Apache-2.0
#include "rankfill/solve.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {
namespace {

Entries small() {
  Entries e;
  e.num_rows = 4;
  e.num_cols = 3;
  e.rows = {0, 0, 1, 2, 2};
  e.cols = {0, 1, 1, 0, 2};
  e.values = {1, 2, 3, 4, 5};
  return e;
}

Options quick() {
  Options o;
  o.rank = 2;
  o.regularization = 0.1;
  o.device.kind = Device::Kind::cpu;
  o.max_iterations = 5;
  return o;
}

template <class Change>
void expect_invalid(Change change) {
  Entries e = small();
  change(e);
  EXPECT_THROW(solve(e, quick()), InvalidData);
}

TEST(Solve, RefusesDataItCannotUse) {
  expect_invalid([](Entries& e) { e.rows[2] = 4; });
  expect_invalid([](Entries& e) { e.cols[2] = -1; });
  expect_invalid([](Entries& e) { e.values[0] = std::numeric_limits<double>::quiet_NaN(); });
  expect_invalid([](Entries& e) { e.values[0] = std::numeric_limits<double>::infinity(); });
  expect_invalid([](Entries& e) { e.cols[1] = 0; });
  expect_invalid([](Entries& e) { e.rows.pop_back(); });
  expect_invalid([](Entries& e) { e.rows = {}, e.cols = {}, e.values = {}; });
}

TEST(Solve, RefusesOptionsOutOfRange) {
  for (const auto& change : std::vector<void (*)(Options&)>{
           [](Options& o) { o.rank = 0; }, [](Options& o) { o.rank = 1025; },
           [](Options& o) { o.regularization = std::nan(""); }, [](Options& o) { o.weighting = 1.5; },
           [](Options& o) { o.max_iterations = -1; }, [](Options& o) { o.patience = 0; },
           [](Options& o) { o.solver = GradientDescentOptions{.momentum = 1}; },
           [](Options& o) { o.formulation = Formulation::block; }}) {
    Options o = quick();
    change(o);
    EXPECT_THROW(solve(small(), o), InvalidOption);
  }
}

TEST(Solve, WantsADeviceThatIsThere) {
  Options o = quick();
  o.device = {Device::Kind::cuda, 99};
  EXPECT_THROW(solve(small(), o), BackendUnavailable);
}

TEST(Solve, GivesZeroFactorsToAnEmptyRowEvenWithoutRegularization) {
  Options o = quick();
  o.regularization = 0;
  const Result r = solve(small(), o);
  EXPECT_EQ(r.summary.empty_rows, 1);
  EXPECT_FALSE(r.summary.warnings.empty());
  EXPECT_EQ(r.model.row_factors(3, 0), 0);
  EXPECT_TRUE(std::isfinite(r.model.predict(0, 2)));
  EXPECT_EQ(r.model.predict(3, 1), r.model.mean);
}

TEST(Solve, HandlesOneRowAndOneColumn) {
  Entries row;
  row.num_rows = 1, row.num_cols = 3;
  row.rows = {0, 0}, row.cols = {0, 2}, row.values = {1, 2};
  EXPECT_TRUE(std::isfinite(solve(row, quick()).summary.objective));
  Entries col;
  col.num_rows = 3, col.num_cols = 1;
  col.rows = {0, 2}, col.cols = {0, 0}, col.values = {1, 2};
  EXPECT_TRUE(std::isfinite(solve(col, quick()).summary.objective));
}

TEST(Solve, DoesNotDependOnThreads) {
  Options one = quick(), many = quick();
  one.threads = 1, many.threads = 4;
  EXPECT_EQ(solve(small(), one).model.col_factors.values, solve(small(), many).model.col_factors.values);
}

TEST(Solve, TransposeSwapsTheFactors) {
  const Entries e = small();
  Entries t = e;
  std::swap(t.rows, t.cols);
  std::swap(t.num_rows, t.num_cols);
  Options o = quick();
  o.max_iterations = 2000;
  o.precision = Precision::float64;
  o.gradient_tolerance = 1e-9;
  EXPECT_NEAR(solve(e, o).summary.objective, solve(t, o).summary.objective, 1e-6);
}

TEST(Solve, PredictsTheKnownBiasForAnUnseenSide) {
  Options o = quick();
  o.center = Center::bias;
  const Model m = solve(small(), o).model;
  EXPECT_EQ(m.predict(-1, 1), m.mean + m.col_bias[1]);
  EXPECT_EQ(m.predict(0, -1), m.mean + m.row_bias[0]);
}

}  // namespace
}  // namespace rankfill
