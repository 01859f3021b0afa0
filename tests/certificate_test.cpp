// SPDX-License-Identifier: Apache-2.0
#include "rankfill/certificate.hpp"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/detail/philox.hpp"
#include "rankfill/error.hpp"
#include "rankfill/solve.hpp"

namespace rankfill {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Rank 4 and noise on three entries of five, some rows with far more; row 3 and column 5 are empty.
Entries noisy(std::int32_t rows, std::int32_t cols) {
  const auto number = [](std::uint32_t a, std::uint32_t b, std::uint32_t stream) {
    return philox({a, b, stream, 21}, {8, 1})[0] * 0x1p-31 - 1;
  };
  Entries e;
  e.num_rows = rows;
  e.num_cols = cols;
  for (std::int32_t i = 0; i < rows; ++i)
    for (std::int32_t j = 0; j < cols; ++j) {
      const auto a = static_cast<std::uint32_t>(i), b = static_cast<std::uint32_t>(j);
      if (i == 3 || j == 5 || number(a, b, 1) > (i < 4 ? 0.9 : 0.2)) continue;
      double value = 0.3 * number(a, b, 2);
      for (std::uint32_t k = 0; k < 4; ++k) value += 2.0 / (k + 1) * number(a, k, 3) * number(b, k, 4);
      e.rows.push_back(i);
      e.cols.push_back(j);
      e.values.push_back(value);
    }
  return e;
}

/// The convex problem min_Z |P(M - A Z B)|^2 / 2 + lambda |Z|_*, A = W^(-1/2), B = W'^(-1/2), by accelerated proximal gradient
/// steps with restart (FISTA): the optimum over all ranks, and the rank at which it is taken.
struct Convex {
  double optimum = 0;
  int rank = 0;
};
Convex solve_convex(const Entries& e, double lambda, double nu) {
  MatrixXd m = MatrixXd::Zero(e.num_rows, e.num_cols), seen = m;
  for (std::size_t p = 0; p < e.values.size(); ++p) {
    m(e.rows[p], e.cols[p]) = e.values[p];
    seen(e.rows[p], e.cols[p]) = 1;
  }
  const auto roots = [&](const VectorXd& counts) -> VectorXd {
    return counts.unaryExpr([&](double n) { return n > 0 ? std::pow(n, -nu / 2) : 0.0; });
  };
  const VectorXd a = roots(seen.rowwise().sum()), b = roots(seen.colwise().sum().transpose());
  const auto residual = [&](const MatrixXd& z) -> MatrixXd {
    return seen.cwiseProduct(m - a.asDiagonal() * z * b.asDiagonal());
  };
  const double lipschitz = std::pow(a.maxCoeff() * b.maxCoeff(), 2);
  MatrixXd z = MatrixXd::Zero(m.rows(), m.cols()), y = z;
  double momentum = 1;
  Convex found{.optimum = m.squaredNorm() / 2};
  for (int step = 0; step < 20000; ++step) {
    const MatrixXd forward = y + a.asDiagonal() * residual(y) * b.asDiagonal() / lipschitz;
    const Eigen::JacobiSVD<MatrixXd> svd(forward, Eigen::ComputeThinU | Eigen::ComputeThinV);
    const VectorXd kept = (svd.singularValues().array() - lambda / lipschitz).max(0);
    const MatrixXd next = svd.matrixU() * kept.asDiagonal() * svd.matrixV().transpose();
    const double value = residual(next).squaredNorm() / 2 + lambda * kept.sum(), change = (next - z).norm();
    const double grown = (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
    y = next + (momentum - 1) / grown * (next - z);
    momentum = grown;
    if (value > found.optimum) {  // start the momentum afresh
      momentum = 1;
      y = next;
    }
    z = next;
    found = {value, static_cast<int>((kept.array() > 0).count())};
    if (change <= 1e-12 * z.norm()) break;
  }
  return found;
}

struct Setting {
  double nu, lambda;
};
const Setting kSettings[] = {{0, 1.5}, {1, 0.12}, {0.5, 0.5}};

Options exact(const Setting& setting, int rank) {
  Options o;
  o.rank = rank;
  o.regularization = setting.lambda;
  o.weighting = setting.nu;
  o.center = Center::none;
  o.device.kind = Device::Kind::cpu;
  o.threads = 1;
  o.precision = Precision::float64;
  o.max_iterations = 20000;
  o.gradient_tolerance = 1e-9;
  o.certificate = true;
  return o;
}

Certificate certificate_of(const Entries& e, const Options& o) { return solve(e, o).summary.certificate.value(); }

Certificate certificate_of_start(const Entries& e, const Options& o, const Start& start) {
  return solve(e, o, nullptr, &start).summary.certificate.value();
}

/// Of sums of a few hundred terms in float64, and of what the convex solver leaves.
constexpr double kSlack = 1e-9;

TEST(CertificateTest, HasTheConvexOptimumBetweenItsBoundsWhereverItIsTaken) {
  const Entries e = noisy(24, 18);
  for (const Setting& setting : kSettings) {
    const Convex convex = solve_convex(e, setting.lambda, setting.nu);
    for (const int rank : {1, convex.rank, convex.rank + 4})
      for (const int iterations : {0, 1, 5, 50}) {
        Options o = exact(setting, rank);
        o.max_iterations = iterations;

        const Result fit = solve(e, o);

        const Certificate& c = fit.summary.certificate.value();
        const std::string what = describe(c);
        EXPECT_NEAR(c.objective, fit.summary.objective, kSlack * c.objective);
        EXPECT_LE(c.dual_objective, convex.optimum * (1 + kSlack)) << what;
        EXPECT_GE(c.objective, convex.optimum * (1 - kSlack)) << what;
        EXPECT_DOUBLE_EQ(c.relative_gap,
                         std::max(0.0, 1 - c.dual_objective / c.objective));  // they may round past each other
        // one more column gains what it says: it cannot gain more than there is
        EXPECT_LE(convex.optimum, c.objective * (1 - c.next_column_gain) * (1 + kSlack)) << what;
        EXPECT_LE(c.spectral_norm_ratio, c.spectral_norm_bound);
      }
  }
}

TEST(CertificateTest, ClosesAtTheRankOfTheConvexSolutionAndNotBelow) {
  const Entries e = noisy(24, 18);
  for (const Setting& setting : kSettings) {
    const Convex convex = solve_convex(e, setting.lambda, setting.nu);
    ASSERT_GE(convex.rank, 3);
    ASSERT_LE(convex.rank, 12);
    for (const int rank : {1, convex.rank - 1, convex.rank, convex.rank + 1, convex.rank + 4}) {
      const Certificate c = certificate_of(e, exact(setting, rank));
      const std::string what = "nu " + std::to_string(setting.nu) + ", rank " + std::to_string(rank) + " of " +
                               std::to_string(convex.rank) + ": " + describe(c);
      EXPECT_EQ(c.rank_too_small, rank < convex.rank) << what;
      if (rank < convex.rank) {
        EXPECT_GT(c.next_column_gain, 0) << what;
        EXPECT_EQ(c.effective_rank, rank) << what;
        EXPECT_NE(describe(c).find("too small"), std::string::npos);
      } else {
        EXPECT_LE(c.relative_gap, 1e-6) << what;
        EXPECT_NEAR(c.dual_objective, convex.optimum, 1e-6 * convex.optimum) << what;
        EXPECT_EQ(c.effective_rank, convex.rank) << what;
      }
    }
  }
}

TEST(CertificateTest, TellsAnUnfinishedFitFromARankThatIsTooSmall) {
  Options o = exact(kSettings[0], 12);
  o.max_iterations = 1;

  const Certificate c = certificate_of(noisy(24, 18), o);

  EXPECT_FALSE(c.rank_too_small);
  EXPECT_GT(c.relative_gap, 1e-3);
  EXPECT_NE(describe(c).find("not converged yet"), std::string::npos) << describe(c);
}

TEST(CertificateTest, IsTheSameForTheTransposedProblem) {
  const Entries wide = noisy(18, 24);
  Entries tall = wide;
  std::swap(tall.rows, tall.cols);
  std::swap(tall.num_rows, tall.num_cols);
  for (const Setting& setting : kSettings)
    for (const int rank : {2, 10}) {
      const Certificate a = certificate_of(wide, exact(setting, rank)), b = certificate_of(tall, exact(setting, rank));
      EXPECT_EQ(a.rank_too_small, b.rank_too_small);
      EXPECT_EQ(a.effective_rank, b.effective_rank);
      EXPECT_NEAR(a.dual_objective, b.dual_objective, 1e-5 * a.dual_objective);
      EXPECT_NEAR(a.spectral_norm_ratio, b.spectral_norm_ratio, 1e-5);
    }
}

TEST(CertificateTest, InFloat32AgreesToItsPrecision) {
  const Entries e = noisy(24, 18);
  for (const Setting& setting : kSettings)
    for (const int rank : {2, 14}) {
      Options o = exact(setting, rank);
      const Certificate fine = certificate_of(e, o);
      o.precision = Precision::float32;
      o.gradient_tolerance = 3e-6;
      const Certificate coarse = certificate_of(e, o);
      EXPECT_NEAR(coarse.relative_gap, fine.relative_gap, 1e-4);
      EXPECT_EQ(coarse.rank_too_small, fine.rank_too_small);
    }
}

TEST(CertificateTest, WantsLambdaAboveZero) {
  Options o = exact(kSettings[0], 2);
  o.regularization = 0;
  EXPECT_THROW(solve(noisy(24, 18), o), InvalidOption);

  // automatic lambda of values that are all the mean: 0
  Entries flat = noisy(6, 5);
  for (double& value : flat.values) value = 2;
  o.regularization = -1;
  o.center = Center::mean;
  EXPECT_THROW(solve(flat, o), InvalidOption);
}

TEST(CertificateTest, IsThereOnlyWhenAskedFor) {
  Options o = exact(kSettings[0], 2);
  o.certificate = false;
  EXPECT_FALSE(solve(noisy(24, 18), o).summary.certificate.has_value());
}

TEST(CertificateTest, SaysThatZeroIsTheSolutionForALargeLambda) {
  Options o = exact({0, 1e4}, 3);

  const Certificate c = certificate_of(noisy(24, 18), o);

  EXPECT_LE(c.relative_gap, 1e-9);
  EXPECT_LT(c.spectral_norm_bound, 1);
  EXPECT_FALSE(c.rank_too_small);
}

/// [a b]
FactorMatrix beside(const FactorMatrix& a, const FactorMatrix& b) {
  std::vector<double> both;
  for (std::int64_t i = 0; i < a.num_rows; ++i) {
    for (int k = 0; k < a.rank; ++k) both.push_back(a(i, k));
    for (int k = 0; k < b.rank; ++k) both.push_back(b(i, k));
  }
  return {a.num_rows, a.rank + b.rank, both};
}

TEST(CertificateTest, GivesColumnsThatLowerTheObjective) {
  for (const bool wide : {false, true})
    for (const Setting& setting : kSettings) {
      const Entries e = wide ? noisy(18, 24) : noisy(24, 18);
      const Result fit = solve(e, exact(setting, 1));
      const Certificate& c = fit.summary.certificate.value();
      ASSERT_GT(c.next_row_columns.rank, 0);
      ASSERT_EQ(c.next_row_columns.rank, c.next_col_columns.rank);
      const Start start{beside(fit.model.row_factors, c.next_row_columns),
                        beside(fit.model.col_factors, c.next_col_columns)};
      Options o = exact(setting, start.row_factors.rank);
      o.max_iterations = 0;

      const Certificate next = certificate_of_start(e, o, start);

      // the step is exact, and no entry of P(a b^T) is larger than that of a b^T, whose length is at most 1
      const double excess = (c.spectral_norm_ratio - 1) * setting.lambda;
      EXPECT_LE(next.objective, c.objective * (1 + kSlack) - excess * excess / 2);
      EXPECT_GE(next.objective, c.dual_objective);
    }
}

TEST(GrowingRank, EndsWithTheConvexSolution) {
  const Entries e = noisy(24, 18);
  for (const Setting& setting : kSettings) {
    const Convex convex = solve_convex(e, setting.lambda, setting.nu);
    Options o = exact(setting, 1);
    o.grow_rank = true;
    int rows = 0;
    o.callback = [&](const IterationSummary&) {
      ++rows;
      return CallbackAction::proceed;
    };

    const Result fit = solve(e, o);

    const Summary& s = fit.summary;
    EXPECT_GE(fit.model.rank(), convex.rank);
    EXPECT_LE(fit.model.rank(), 18);
    EXPECT_EQ(fit.model.rank(), fit.model.col_factors.rank);
    EXPECT_NEAR(s.objective, convex.optimum, 1e-6 * convex.optimum);
    EXPECT_LE(s.certificate.value().relative_gap, 1e-3) << describe(*s.certificate);
    EXPECT_EQ(s.termination, Termination::gradient_tolerance);
    EXPECT_LE(s.relative_gradient, o.gradient_tolerance);
    EXPECT_NE(s.message.find("after " + std::to_string(s.iterations) + " iterations"), std::string::npos) << s.message;
    ASSERT_EQ(static_cast<int>(s.history.size()), s.iterations + 1);
    for (std::size_t i = 0; i < s.history.size(); ++i) {
      EXPECT_EQ(s.history[i].iteration, static_cast<int>(i));
      if (i > 0) {
        EXPECT_LE(s.history[i].objective, s.history[i - 1].objective * (1 + kSlack));
        EXPECT_GE(s.history[i].passes, s.history[i - 1].passes);
      }
    }
    EXPECT_GE(rows, s.iterations + 1);
  }
}

TEST(GrowingRank, StopsWhereItIsTold) {
  const Entries e = noisy(24, 18);
  Options o = exact(kSettings[0], 1);
  o.grow_rank = true;
  o.max_iterations = 7;
  const Summary short_of_time = solve(e, o).summary;
  EXPECT_EQ(short_of_time.iterations, 7);
  EXPECT_EQ(short_of_time.termination, Termination::max_iterations);

  o.max_iterations = 1000;
  o.callback = [](const IterationSummary& row) {
    return row.iteration >= 11 ? CallbackAction::stop : CallbackAction::proceed;
  };
  EXPECT_EQ(solve(e, o).summary.termination, Termination::stopped_by_callback);
}

TEST(GrowingRank, LeavesARankThatSufficesAlone) {
  Options o = exact(kSettings[0], 12);
  o.grow_rank = true;

  const Result fit = solve(noisy(24, 18), o);

  EXPECT_EQ(fit.model.rank(), 12);
  EXPECT_LE(fit.summary.certificate.value().relative_gap, 1e-6);
}

}  // namespace
}  // namespace rankfill
