// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "check_gradient_on.hpp"
#include "rankfill/io.hpp"
#include "solve_on.hpp"
#include "tests/support/kernel_case.hpp"

// What every solver must do, on every backend.

namespace rankfill::testing {
namespace {

template <class B>
class Solvers : public KernelTest<B> {
 protected:
  static constexpr const char* kAll[] = {"auto",    "als",        "gd", "vp-lbfgs", "nesterov-als", "anderson-als",
                                         "s-lbfgs", "scaled-asd", "cg", "ccd",      "sgd"};
  static constexpr bool on_cpu = std::is_same_v<B, CpuBackend>;
  Result run(const Options& options, const Entries* holdout = nullptr) {
    return solve_on(*this->backend, on_cpu, entries, options, holdout, nullptr);
  }
  static Options options(double weighting = 0) {
    Options o;
    o.rank = 3;
    o.regularization = weighting > 0 ? 0.03 : 0.3;
    o.weighting = weighting;
    o.precision = Precision::float64;
    o.max_iterations = 12;
    o.gradient_tolerance = 0;
    return o;
  }
  Entries entries = entries_of(make_case("ragged", 23, 17, 3, 40));
};

TYPED_TEST_SUITE(Solvers, Backends, BackendNames);

TYPED_TEST(Solvers, NeverRaiseTheObjective) {
  for (const double weighting : {0.0, 0.5, 1.0})
    for (const char* solver : this->kAll) {
      Options o = this->options(weighting);
      o.solver = parse_solver(solver);
      const auto history = this->run(o).summary.history;
      ASSERT_EQ(history.size(), 13U);
      for (std::size_t k = 1; k < history.size(); ++k)
        EXPECT_LE(history[k].objective, history[k - 1].objective * (1 + 1e-12)) << solver << " iteration " << k;
    }
}

TYPED_TEST(Solvers, EmptyRowsAndColumnsGetZeroFactors) {
  for (const char* solver : this->kAll)
    for (const double weighting : {0.0, 1.0}) {
      Options o = this->options(weighting);
      o.solver = parse_solver(solver);
      const Model model = this->run(o).model;
      for (int k = 0; k < 3; ++k) {
        EXPECT_EQ(model.row_factors(1, k), 0) << solver;
        EXPECT_EQ(model.col_factors(2, k), 0) << solver;
      }
    }
}

TYPED_TEST(Solvers, RepeatTheirBits) {
  Options o = this->options();
  o.precision = Precision::float32;
  o.formulation = Formulation::projection;
  for (const char* solver : this->kAll) {
    o.solver = parse_solver(solver);
    EXPECT_EQ(this->run(o).model.row_factors.values, this->run(o).model.row_factors.values) << solver;
  }
}

TYPED_TEST(Solvers, FormulationsTakeTheSameSteps) {
  Options o = this->options();
  o.solver = GradientDescentOptions{.momentum = 0.3};
  for (const bool is_block : {false, true}) {
    if (is_block) this->entries = entries_of(make_case("a block beside an empty row and column", 12, 9, 3, 100));
    o.formulation = Formulation::entries;
    const double entries = this->run(o).summary.objective;
    for (const auto other : {Formulation::scatter, Formulation::projection, Formulation::dense}) {
      o.formulation = other;
      EXPECT_NEAR(this->run(o).summary.objective, entries, 1e-9 * entries) << to_string(other);
    }
    if (!is_block) continue;
    o.formulation = Formulation::block;
    EXPECT_NEAR(this->run(o).summary.objective, entries, 1e-9 * entries);
    o.formulation = Formulation::automatic;
    EXPECT_EQ(this->run(o).summary.formulation_used, "block");
  }
}

TYPED_TEST(Solvers, HaveGradientsThatFiniteDifferencesAccept) {
  for (const std::uint32_t density : {40U, 100U})
    for (const double weighting : {0.0, 0.7}) {
      const auto check = check_gradient_on(*this->backend, entries_of(make_case("a part, a block", 12, 9, 3, density)),
                                           this->options(weighting));
      EXPECT_TRUE(check.passed);
      for (const auto& row : check.rows) {
        if (!row.note.empty()) continue;
        EXPECT_NEAR(row.remainder_slope, 2, 0.1) << row.formulation;
        EXPECT_LE(row.best_relative_error, 1e-7) << row.formulation;
      }
      EXPECT_EQ(check.rows.back().note.empty(), density == 100) << "block";
    }
}

TYPED_TEST(Solvers, AgreeWithTheCpu) {
  CpuBackend cpu(1);
  for (const char* solver : this->kAll) {
    Options o = this->options();
    o.solver = parse_solver(solver);
    const double here = this->run(o).summary.objective;
    const double there = solve_on(cpu, true, this->entries, o, nullptr, nullptr).summary.objective;
    EXPECT_NEAR(here, there, 1e-10 * there) << solver;
  }
}

// At rank 1024 a row system is 8 MiB of float64: on a device no longer in shared memory.
TYPED_TEST(Solvers, WorkAtBothEndsOfTheRank) {
  Entries few;
  few.num_rows = few.num_cols = 2;
  few.rows = {0, 0, 1};
  few.cols = {0, 1, 1};
  few.values = {1, 2, 4};
  CpuBackend cpu(1);
  for (const int rank : {1, 1024})
    // not the automatic number of steps, which is each backend's own
    for (const SolverOptions& solver :
         {SolverOptions{AlsOptions{.cg_steps = 0}}, SolverOptions{AlsOptions{.cg_steps = 3}},
          SolverOptions{VpLbfgsOptions{.cg_steps = 0}}, SolverOptions{NesterovAlsOptions{.cg_steps = 0}},
          SolverOptions{AndersonAlsOptions{.cg_steps = 0}}, SolverOptions{GradientDescentOptions{}},
          SolverOptions{SLbfgsOptions{}}, SolverOptions{ScaledAsdOptions{}}, SolverOptions{NonlinearCgOptions{}},
          SolverOptions{CcdOptions{}}, SolverOptions{SgdOptions{}}}) {
      Options o = this->options();
      o.rank = rank;
      o.solver = solver;
      o.max_iterations = 1;
      const auto history = solve_on(*this->backend, this->on_cpu, few, o, nullptr, nullptr).summary.history;
      const double there = solve_on(cpu, true, few, o, nullptr, nullptr).summary.objective;
      EXPECT_LT(history.back().objective, history.front().objective) << solver.index() << ", rank " << rank;
      EXPECT_NEAR(history.back().objective, there, 1e-10 * there) << solver.index() << ", rank " << rank;
    }
}

// A planted problem of rank 3 with noise: where the CPU ends in float64, the others end too.
TYPED_TEST(Solvers, ReachTheSameObjectiveInEveryPrecision) {
  Entries e;
  e.num_rows = 40;
  e.num_cols = 30;
  for (std::int32_t i = 0; i < 40; ++i)
    for (std::int32_t j = 0; j < 30; ++j) {
      const auto a = static_cast<std::uint32_t>(i), b = static_cast<std::uint32_t>(j);
      if (philox({a, b, 0, 1}, {5, 0})[0] % 100 >= 60) continue;
      double value = 0.1 * number(a, b, 5);
      for (std::uint32_t k = 0; k < 3; ++k) value += number(a, k, 3) * number(b, k, 4);
      e.rows.push_back(i);
      e.cols.push_back(j);
      e.values.push_back(value);
    }
  Options o = this->options();
  o.max_iterations = 20;
  o.solver = AlsOptions{};
  CpuBackend cpu(1);
  const double exact = solve_on(cpu, true, e, o, nullptr, nullptr).summary.objective;
  for (const int cg_steps : {0, 3})
    for (const auto& [precision, within] : {std::pair{Precision::float32, 1e-5}, {Precision::mixed, 1e-3}}) {
      o.solver = AlsOptions{.cg_steps = cg_steps};
      o.precision = precision;
      const double objective = solve_on(*this->backend, this->on_cpu, e, o, nullptr, nullptr).summary.objective;
      EXPECT_NEAR(objective, exact, within * exact) << to_string(precision) << ", " << cg_steps << " CG steps";
    }
}

TYPED_TEST(Solvers, StopWhenToldAndReturnTheBestPoint) {
  Options o = this->options();
  o.callback = [](const IterationSummary& row) {
    return row.iteration == 2 ? CallbackAction::stop : CallbackAction::proceed;
  };
  EXPECT_EQ(this->run(o).summary.termination, Termination::stopped_by_callback);

  const std::atomic<bool> interrupt{true};
  o.interrupt = &interrupt;
  const Summary none = this->run(o).summary;
  EXPECT_EQ(none.termination, Termination::interrupted);
  EXPECT_EQ(none.iterations, 0);

  Options overfit = this->options();
  overfit.regularization = 1e-6;
  overfit.max_iterations = 40;
  const Split split = split_by_fraction(this->entries, 0.3, 1);
  const Summary s = solve_on(*this->backend, this->on_cpu, split.train, overfit, &split.holdout, nullptr).summary;
  double best = std::numeric_limits<double>::infinity();
  for (const auto& row : s.history) best = std::min(best, row.holdout_rmse);
  EXPECT_NEAR(s.holdout_rmse, best, 1e-12);
}

TYPED_TEST(Solvers, BreakdownKeepsTheLastFinitePoint) {
  Options o = this->options();
  o.precision = Precision::float32;
  o.regularization = 0;
  Entries huge = this->entries;
  for (double& value : huge.values) value *= 1e30;
  const Result result = solve_on(*this->backend, this->on_cpu, huge, o, nullptr, nullptr);
  for (std::int64_t i = 0; i < huge.num_rows; ++i)
    for (int k = 0; k < 3; ++k) EXPECT_TRUE(std::isfinite(result.model.row_factors(i, k)));
}

}  // namespace
}  // namespace rankfill::testing
