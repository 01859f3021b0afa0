// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "solvers/anderson_als.hpp"
#include "solvers/nesterov_als.hpp"
#include "solvers/vp_lbfgs.hpp"
#include "tests/support/kernel_case.hpp"

// The methods that descend with one factor eliminated.

namespace rankfill::testing {
namespace {

template <class B>
class EliminationTest : public KernelTest<B> {
 protected:
  /// Calls look(step, measured) for iterations of a solver; `measured` by an evaluation of the gradient at the same point.
  template <class Solver, class SolverOptions, class Look>
  void iterate(const Case& c, const SolverOptions& options, int iterations, const Look& look) {
    OnBackend<double, B> s(*this->backend, c);
    Solver solver(*this->backend, s.problem, c.rank, options);
    Gradient<double, B> gradient(*this->backend, s.problem);
    for (int i = 0; i < iterations; ++i) {
      const Measure measured = gradient.measure(s.at, s.gradient);
      look(solver.iterate(s.at), measured);
    }
  }

  /// All but the first iteration, which begins at a point where the inner factor is not solved yet.
  template <class Solver, class SolverOptions>
  void expect_true_measures(const SolverOptions& options) {
    for (const Case& c : {make_case("more rows", 12, 9, 4, 50), make_case("more columns", 9, 12, 4, 50)}) {
      int iteration = 0;
      iterate<Solver>(c, options, 8, [&](const Step& step, const Measure& want) {
        if (iteration++ == 0) return;
        const double within = tolerance<double>(108 * 4, want.squared_error + want.penalty);
        EXPECT_NEAR(step.before.squared_error, want.squared_error, within) << c.why;
        EXPECT_NEAR(step.before.penalty, want.penalty, within) << c.why;
        EXPECT_NEAR(step.before.gradient_scale, want.gradient_scale, within) << c.why;
        EXPECT_NEAR(step.before.gradient_norm, want.gradient_norm, within) << c.why;
      });
    }
  }

  /// Objectives at the points that iterations begin from, but for the first.
  template <class Solver, class SolverOptions>
  std::vector<double> objectives(const Case& c, const SolverOptions& options, int iterations) {
    std::vector<double> all;
    iterate<Solver>(c, options, iterations,
                    [&](const Step& step, const Measure&) { all.push_back(step.before.objective()); });
    all.erase(all.begin());
    return all;
  }
};

TYPED_TEST_SUITE(EliminationTest, Backends, BackendNames);

TYPED_TEST(EliminationTest, MeasuresThePointItLeaves) {
  this->template expect_true_measures<VpLbfgs<double, TypeParam>>(VpLbfgsOptions{});
  this->template expect_true_measures<NesterovAls<double, TypeParam>>(NesterovAlsOptions{});
  this->template expect_true_measures<AndersonAls<double, TypeParam>>(AndersonAlsOptions{});
}

// Without memory each of them is ALS: the same points, seen after the half over the inner factor.
TYPED_TEST(EliminationTest, WithoutMemoryIsAls) {
  const Case c = make_case("ragged", 12, 9, 4, 50);
  const auto vp = this->template objectives<VpLbfgs<double, TypeParam>>(c, VpLbfgsOptions{.memory = 0}, 9);
  const auto anderson =
      this->template objectives<AndersonAls<double, TypeParam>>(c, AndersonAlsOptions{.memory = 0}, 9);
  OnBackend<double, TypeParam> s(*this->backend, c);
  Elimination<double, TypeParam> problem(*this->backend, s.problem, c.rank, 0);
  problem.solve_inner(s.at);
  for (std::size_t i = 0; i < vp.size(); ++i) {
    problem.solve_outer(s.at);
    const double want = problem.solve_inner(s.at), within = tolerance<double>(108 * 4 * 9, want);
    EXPECT_NEAR(vp[i], want, within) << i;
    EXPECT_NEAR(anderson[i], want, within) << i;
  }
}

// Enough entries and weight on the factors that there is one basin: all end where ALS ends, and sooner.
TYPED_TEST(EliminationTest, EndsWhereAlsEndsAndSooner) {
  const Case c = make_case("enough entries", 12, 9, 2, 80);
  const auto passes_to = [&](auto make, double objective) {
    OnBackend<double, TypeParam> s(*this->backend, c);
    auto solver = make(s.problem);
    double passes = 0;
    for (int i = 0; i < 300; ++i) {
      const Step step = solver.iterate(s.at);
      if (i > 0 && step.before.objective() <= objective) return passes;
      passes += step.passes;
    }
    return std::numeric_limits<double>::infinity();
  };
  const auto als = [&](auto& p) { return Als<double, TypeParam>(*this->backend, p, c.rank, {}); };
  const auto vp = [&](auto& p) { return VpLbfgs<double, TypeParam>(*this->backend, p, c.rank, {}); };
  const auto nesterov = [&](auto& p) { return NesterovAls<double, TypeParam>(*this->backend, p, c.rank, {}); };
  const auto anderson = [&](auto& p) { return AndersonAls<double, TypeParam>(*this->backend, p, c.rank, {}); };
  OnBackend<double, TypeParam> s(*this->backend, c);
  auto reference = als(s.problem);
  double optimum = 0;
  for (int i = 0; i < 300; ++i) optimum = reference.iterate(s.at).before.objective();

  const double target = optimum * (1 + 1e-8), needed = passes_to(als, target);
  EXPECT_LT(passes_to(vp, target), needed);
  EXPECT_LT(passes_to(nesterov, target), needed);
  EXPECT_LT(passes_to(anderson, target), needed);
}

}  // namespace
}  // namespace rankfill::testing
