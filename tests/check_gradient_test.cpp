// SPDX-License-Identifier: Apache-2.0
#include "rankfill/check_gradient.hpp"

#include <gtest/gtest.h>

#include "check_gradient_on.hpp"
#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

struct Fixture {
  explicit Fixture(const Case& c) : c(c) {}
  /// F(x + h d) without the penalty, by the oracle.
  double along(double h) const {
    std::vector<double> u = c.u, v = c.v;
    for (std::size_t i = 0; i < u.size(); ++i) u[i] += h * c.du[i];
    for (std::size_t i = 0; i < v.size(); ++i) v[i] += h * c.dv[i];
    return oracle::sum_of_squares(oracle::residual(c.dense, u, v, c.rank).value) / 2;
  }
  /// <g, d> for a gradient built from `r` in place of the residual.
  double slope(const oracle::Dense& r) const {
    const auto gu = oracle::row_gradient(r, c.v, c.rank), gv = oracle::row_gradient(oracle::transpose(r), c.u, c.rank);
    double sum = 0;
    for (std::size_t i = 0; i < gu.size(); ++i) sum += gu[i] * c.du[i];
    for (std::size_t i = 0; i < gv.size(); ++i) sum += gv[i] * c.dv[i];
    return sum;
  }
  GradientCheckRow compare(double claimed) const {
    return compare_with_differences([this](double h) { return along(h); }, claimed);
  }
  Case c;
};

TEST(CheckGradient, AcceptsTheGradient) {
  const Fixture f(make_case("ragged", 9, 8, 3, 50));
  const auto row = f.compare(f.slope(oracle::residual(f.c.dense, f.c.u, f.c.v, f.c.rank)));
  EXPECT_TRUE(row.passed);
  EXPECT_NEAR(row.remainder_slope, 2, 0.1);
}

// docs/math.md, two mistakes: -sum e^2 in every component, in place of -sum e v_j.
TEST(CheckGradient, RejectsTheSquaredResidualWithoutTheFactor) {
  const Fixture f(make_case("ragged", 9, 8, 3, 50));
  const auto r = oracle::residual(f.c.dense, f.c.u, f.c.v, f.c.rank);
  double claimed = 0;
  for (std::int64_t i = 0; i < r.m; ++i)
    for (std::int64_t j = 0; j < r.n; ++j)
      for (int k = 0; k < f.c.rank; ++k)
        claimed -=
            r.at(i, j) * r.at(i, j) * (oracle::entry(f.c.du, i, f.c.rank, k) + oracle::entry(f.c.dv, j, f.c.rank, k));
  const auto row = f.compare(claimed);
  EXPECT_FALSE(row.passed);
  EXPECT_NEAR(row.remainder_slope, 1, 0.1);
}

// docs/math.md, two mistakes: -M_IJ V_J in place of -(M_IJ - U_I V_J^T) V_J.
TEST(CheckGradient, RejectsTheBlockFormulaThatKeepsM) {
  const Fixture f(make_case("a block", 6, 5, 2, 100));
  const auto row = f.compare(f.slope(f.c.dense));
  EXPECT_FALSE(row.passed);
  EXPECT_NEAR(row.remainder_slope, 1, 0.1);
}

TEST(CheckGradient, RunsEveryFormulationOnTheUsersData) {
  Entries e;
  e.num_rows = 4;
  e.num_cols = 3;
  for (std::int32_t i = 0; i < 4; ++i)
    for (std::int32_t j = 0; j < 3; ++j) {
      e.rows.push_back(i);
      e.cols.push_back(j);
      e.values.push_back(number(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), 9));
    }
  Options options;
  options.rank = 2;
  options.device.kind = Device::Kind::cpu;
  const GradientCheck block = check_gradient(e, options);
  ASSERT_EQ(block.rows.size(), 5U);
  EXPECT_TRUE(block.passed);
  for (const auto& row : block.rows) EXPECT_TRUE(row.note.empty()) << row.formulation;

  e.rows.pop_back(), e.cols.pop_back(), e.values.pop_back();
  EXPECT_FALSE(check_gradient(e, options).rows.back().note.empty());
}

}  // namespace
}  // namespace rankfill::testing
