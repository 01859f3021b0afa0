// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "solvers/als.hpp"
#include "solvers/nonlinear_cg.hpp"
#include "solvers/s_lbfgs.hpp"
#include "solvers/scaled_asd.hpp"
#include "tests/support/kernel_case.hpp"

// The methods that stand on the covariances of the factors.

namespace rankfill::testing {
namespace {

/// Number (i, j) of a matrix of rank 2.
double truth_of(std::int64_t i, std::int64_t j) {
  double sum = 0;
  for (std::uint32_t k = 0; k < 2; ++k)
    sum += number(static_cast<std::uint32_t>(i), k, 21) * number(static_cast<std::uint32_t>(j), k, 22);
  return sum;
}

/// 60 % of it, and so much noise.
Case planted(double noise) {
  Case c = make_case("rank 2", 30, 20, 2, 60);
  for (std::int64_t i = 0; i < 30; ++i)
    for (std::int64_t j = 0; j < 20; ++j)
      if (c.dense.seen(i, j) != 0)
        c.dense.at(i, j) =
            truth_of(i, j) + noise * number(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), 23);
  return c;
}

template <class B>
class Preconditioned : public KernelTest<B> {
 protected:
  template <class Check>
  void for_each_method(const Check& check) {
    check("s-lbfgs", [&](auto& p, int rank) { return SLbfgs<double, B>(*this->backend, p, rank, {}); });
    check("s-lbfgs without memory",
          [&](auto& p, int rank) { return SLbfgs<double, B>(*this->backend, p, rank, {.memory = 0}); });
    check("scaled-asd", [&](auto& p, int rank) { return ScaledAsd<double, B>(*this->backend, p, rank, {}); });
    check("cg", [&](auto& p, int rank) { return NonlinearCg<double, B>(*this->backend, p, rank, {}); });
  }

  /// Objectives at the points that iterations begin from.
  template <class Make>
  std::vector<double> objectives(const Case& c, const Make& make, int iterations) {
    OnBackend<double, B> s(*this->backend, c);
    auto solver = make(s.problem, c.rank);
    std::vector<double> all;
    for (int i = 0; i < iterations; ++i) all.push_back(solver.iterate(s.at).before.objective());
    return all;
  }
};

TYPED_TEST_SUITE(Preconditioned, Backends, BackendNames);

TYPED_TEST(Preconditioned, MeasuresThePointItLeaves) {
  for (const Case& c : {make_case("more rows", 12, 9, 4, 50), make_case("more columns", 9, 12, 4, 50)})
    this->for_each_method([&](const char* name, const auto& make) {
      OnBackend<double, TypeParam> s(*this->backend, c);
      auto solver = make(s.problem, c.rank);
      Gradient<double, TypeParam> gradient(*this->backend, s.problem);
      for (int i = 0; i < 8; ++i) {
        SCOPED_TRACE(std::string(name) + ", " + c.why + ", iteration " + std::to_string(i));
        const Measure want = gradient.measure(s.at, s.gradient);
        const Measure got = solver.iterate(s.at).before;
        const double within = tolerance<double>(108 * 4, want.squared_error + want.penalty);
        EXPECT_NEAR(got.squared_error, want.squared_error, within);
        EXPECT_NEAR(got.penalty, want.penalty, within);
        EXPECT_NEAR(got.gradient_scale, want.gradient_scale, within);
        EXPECT_NEAR(got.gradient_norm, want.gradient_norm, within);
      }
    });
}

// Planted and nearly free of noise: all find the same minimiser.
TYPED_TEST(Preconditioned, EndsWhereAlsEnds) {
  const Case c = planted(0.05);
  const auto als = [&](auto& p, int rank) { return Als<double, TypeParam>(*this->backend, p, rank, {}); };
  const double optimum = this->objectives(c, als, 60).back();
  this->for_each_method([&](const char* name, const auto& make) {
    EXPECT_NEAR(this->objectives(c, make, 60).back(), optimum, 1e-9 * optimum) << name;
  });
}

// Rows and columns change places, and the factors with them: the methods that move both at once take the same steps.
TYPED_TEST(Preconditioned, DoesNotCareWhichSideIsWhich) {
  const Case c = make_case("ragged", 14, 8, 3, 60);
  Case t = c;
  t.dense = oracle::transpose(c.dense);
  std::swap(t.u, t.v);
  std::swap(t.du, t.dv);
  this->for_each_method([&](const char* name, const auto& make) {
    if (std::string(name) == "scaled-asd") return;
    const auto here = this->objectives(c, make, 10), there = this->objectives(t, make, 10);
    for (std::size_t i = 0; i < here.size(); ++i) EXPECT_NEAR(here[i], there[i], 1e-10 * here[i]) << name << ", " << i;
  });
}

// On a block that is observed entirely the mean row system is that of every row: a step of the natural length is an ALS half.
TYPED_TEST(Preconditioned, ScaledAsdOnAWholeBlockIsAls) {
  Case c = make_case("a block", 8, 6, 3, 0);
  for (std::int64_t i = 0; i < 8; ++i)
    for (std::int64_t j = 0; j < 6; ++j) {
      c.dense.mask[static_cast<std::size_t>(i * 6 + j)] = 1;
      c.dense.at(i, j) = number(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), 2);
    }
  const auto als = [&](auto& p, int rank) { return Als<double, TypeParam>(*this->backend, p, rank, {}); };
  const auto asd = [&](auto& p, int rank) { return ScaledAsd<double, TypeParam>(*this->backend, p, rank, {}); };
  const auto want = this->objectives(c, als, 8), got = this->objectives(c, asd, 8);
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(got[i], want[i], tolerance<double>(48 * 3 * 8, want[i])) << i;
}

// Nearly no lambda: the entries that were not shown.
TYPED_TEST(Preconditioned, RecoversWhatIsExactlyOfLowRank) {
  const Case c = planted(0);
  this->for_each_method([&](const char* name, const auto& make) {
    if (std::string(name) == "s-lbfgs without memory") return;
    OnBackend<double, TypeParam> s(*this->backend, c);
    s.problem.lambda = 0;
    auto solver = make(s.problem, c.rank);
    for (int i = 0; i < 80; ++i) solver.iterate(s.at);
    const std::vector<double> u = s.at.row.values.download(), v = s.at.col.values.download();
    double worst = 0;
    for (std::int64_t i = 0; i < 30; ++i)
      for (std::int64_t j = 0; j < 20; ++j) {
        if (i == 1 || j == 2) continue;  // empty
        const double predicted = oracle::entry(u, i, 2, 0) * oracle::entry(v, j, 2, 0) +
                                 oracle::entry(u, i, 2, 1) * oracle::entry(v, j, 2, 1);
        worst = std::max(worst, std::abs(predicted - truth_of(i, j)));
      }
    EXPECT_LT(worst, 1e-8) << name;
  });
}

// Fewer entries than the rank in every row, no lambda, one factor zero: singular systems.
TYPED_TEST(Preconditioned, StaysFiniteWithoutLambda) {
  const Case c = make_case("rank 8 from fewer entries", 9, 5, 8, 40);
  for (const bool zero : {false, true}) {
    OnBackend<float, TypeParam> s(*this->backend, c);
    s.problem.lambda = 0;
    if (zero) s.at.col.values.fill_zero();
    const auto iterate = [&](auto solver) {
      for (int i = 0; i < 20; ++i) solver.iterate(s.at);
      for (const float x : s.at.row.values.download()) EXPECT_TRUE(std::isfinite(x));
      for (const float x : s.at.col.values.download()) EXPECT_TRUE(std::isfinite(x));
    };
    iterate(SLbfgs<float, TypeParam>(*this->backend, s.problem, c.rank, {}));
    iterate(ScaledAsd<float, TypeParam>(*this->backend, s.problem, c.rank, {}));
    iterate(NonlinearCg<float, TypeParam>(*this->backend, s.problem, c.rank, {}));
  }
}

TEST(SymmetricEigen, IsWhatWasWorkedOutByHand) {
  // (2 1; 1 2): 1 with (1, -1), 3 with (1, 1); the upper triangle is not read
  const SymmetricEigen found = symmetric_eigen({2, 99, 1, 2}, 2);
  EXPECT_NEAR(found.values[0], 1, 1e-15);
  EXPECT_NEAR(found.values[1], 3, 1e-15);
  EXPECT_NEAR(std::abs(found.vectors[1]), std::sqrt(0.5), 1e-15);
  EXPECT_NEAR(found.vectors[1], found.vectors[3], 1e-15);
  EXPECT_NEAR(found.vectors[0], -found.vectors[2], 1e-15);
}

TEST(SymmetricEigen, OfWhatIsNotFiniteIsNeutral) {
  const SymmetricEigen found = symmetric_eigen({1, 0, std::numeric_limits<double>::quiet_NaN(), 1}, 2);
  EXPECT_EQ(found.vectors, (std::vector<double>{1, 0, 0, 1}));
  EXPECT_EQ(found.values, (std::vector<double>{0, 0}));
}

TEST(SymmetricEigen, RaisesWhatIsRounding) {
  std::vector<double> values{-1e-30, 1e-9, 1, 8};
  raise_to_rounding(values, 1e-3);
  EXPECT_EQ(values, (std::vector<double>{0.064, 0.064, 1, 8}));
  values = {-1, 0};
  raise_to_rounding(values, 1e-3);
  EXPECT_EQ(values, (std::vector<double>{0, 0}));
}

}  // namespace
}  // namespace rankfill::testing
