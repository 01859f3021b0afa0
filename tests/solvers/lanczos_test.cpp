// SPDX-License-Identifier: Apache-2.0
#include "solvers/lanczos.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace rankfill {
namespace {

Eigenpair largest_of(const std::vector<double>& diagonal, std::uint64_t seed, const LanczosLimits& limits = {}) {
  return largest_eigenpair(
      static_cast<std::int64_t>(diagonal.size()),
      [&](const std::vector<double>& x, std::vector<double>& y) {
        for (std::size_t i = 0; i < x.size(); ++i) y[i] = diagonal[i] * x[i];
      },
      seed, limits);
}

double length(const std::vector<double>& x) {
  double sum = 0;
  for (const double a : x) sum += a * a;
  return std::sqrt(sum);
}

TEST(Lanczos, FindsTheLargestEigenvalueAndItsVector) {
  std::vector<double> diagonal;
  for (int i = 0; i < 500; ++i) diagonal.push_back(1 - 1e-3 * i);
  diagonal[123] = 1.1;

  for (const std::uint64_t seed : {0, 1, 2}) {
    const Eigenpair top = largest_of(diagonal, seed);

    EXPECT_LE(top.value, 1.1 * (1 + 1e-14));
    EXPECT_GE(top.value + top.residual, 1.1 * (1 - 1e-14));
    EXPECT_LE(top.residual, 2e-7 * 1.1);
    EXPECT_NEAR(std::abs(top.vector[123]), 1, 1e-12);
    EXPECT_NEAR(length(top.vector), 1, 1e-14);
  }
}

TEST(Lanczos, CopesWithAManifoldOfLargestVectors) {
  std::vector<double> diagonal(300, 2.0);  // as the residual of a solved problem has lambda, many times over
  for (std::size_t i = 40; i < diagonal.size(); ++i) diagonal[i] = 1.9 * static_cast<double>(i) / 300;

  const Eigenpair top = largest_of(diagonal, 7);

  EXPECT_NEAR(top.value, 2, 2e-7);
  EXPECT_GE(top.value + top.residual, 2 * (1 - 1e-14));
}

TEST(Lanczos, IsDoneWhenTheSpaceIsExhausted) {
  for (const std::vector<double>& diagonal :
       {std::vector<double>{3}, {5, 5, 5}, {0, 0}, {4, 1}, {0, 0, 0, 0, 0, 0, 0, 7, 0}}) {
    const Eigenpair top = largest_of(diagonal, 1);

    EXPECT_NEAR(top.value, *std::max_element(diagonal.begin(), diagonal.end()), 1e-13);
    EXPECT_LE(top.steps, static_cast<int>(diagonal.size()) + 1);
  }
  EXPECT_EQ(largest_of({}, 1).value, 0);
}

TEST(Lanczos, ReportsWhatIsMissingWhenItIsCutShort) {
  std::vector<double> diagonal;
  for (int i = 0; i < 2000; ++i) diagonal.push_back(1 - 1e-5 * i);

  const Eigenpair top = largest_of(diagonal, 3, {.tolerance = 0, .max_steps = 6});

  EXPECT_EQ(top.steps, 7);
  EXPECT_GT(top.residual, 1e-6);
  EXPECT_LT(top.value, 1);
}

}  // namespace
}  // namespace rankfill
