// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

#include "backend/cuda.hpp"
#include "solve_on.hpp"
#include "tests/support/simt/control.hpp"

// What an iteration costs the host: waits, launches, allocations.

namespace rankfill {
namespace {

Entries some_entries() {
  Entries e;
  e.num_rows = 12;
  e.num_cols = 9;
  for (std::int32_t i = 0; i < 12; ++i)
    for (std::int32_t j = 0; j < 9; ++j)
      if ((i + 2 * j) % 3 != 0) {
        e.rows.push_back(i);
        e.cols.push_back(j);
        e.values.push_back(1 + 0.5 * ((i * 5 + j * 3) % 7));
      }
  return e;
}

Options some_options(const char* solver, double lambda, int iterations) {
  Options options;
  options.rank = 3;
  options.regularization = lambda;
  options.solver = parse_solver(solver);
  options.max_iterations = iterations;
  options.gradient_tolerance = 0;
  return options;
}

/// By how much `count` goes up in a fit.
template <class Count>
std::int64_t in_a_fit(const char* solver, int iterations, const Count& count) {
  CudaBackend backend(0);
  const std::int64_t before = count();
  solve_on(backend, false, some_entries(), some_options(solver, 0.3, iterations), nullptr, nullptr);
  return count() - before;
}

/// The numbers of waits between two rows of the table, but for the first two and the last: those measure a point for its
/// own sake.
std::set<std::int64_t> waits_per_iteration(const char* solver, double lambda) {
  Options options = some_options(solver, lambda, 7);
  std::vector<std::int64_t> waits;
  options.callback = [&](const IterationSummary&) {
    waits.push_back(simt::num_waits());
    return CallbackAction::proceed;
  };
  CudaBackend backend(0);
  solve_on(backend, false, some_entries(), options, nullptr, nullptr);
  EXPECT_EQ(waits.size(), 8U);
  std::set<std::int64_t> differences;
  for (std::size_t i = 2; i + 1 < waits.size(); ++i) differences.insert(waits[i] - waits[i - 1]);
  return differences;
}

struct Iteration : testing::Test {
  simt::Scope scope;
};

TEST_F(Iteration, OfAlsWaitsOnce) {
  EXPECT_EQ(waits_per_iteration("als", 0.3), std::set<std::int64_t>{1});
  EXPECT_EQ(waits_per_iteration("als", 0), std::set<std::int64_t>{1});
}

TEST_F(Iteration, OfAlsIsOneLaunch) {
  EXPECT_EQ(in_a_fit("als", 20, simt::num_launches), in_a_fit("als", 1, simt::num_launches));
  EXPECT_EQ(simt::num_captures(), 1) << "one iteration is not worth one";
  EXPECT_EQ(simt::num_graph_launches(), 19);
}

TEST_F(Iteration, AllocatesNothing) {
  for (const char* solver : {"als", "gd", "ccd", "sgd"})
    EXPECT_EQ(in_a_fit(solver, 9, simt::num_allocations), in_a_fit(solver, 1, simt::num_allocations)) << solver;
}

TEST_F(Iteration, OfAlsIsRecordedAgainWhenTheWorkspaceMoves) {
  const auto fit = [](bool disturbed) {
    CudaBackend backend(0);
    Options options = some_options("als", 0.3, 9);
    options.callback = [&](const IterationSummary& row) {
      if (disturbed && (row.iteration == 4 || row.iteration == 6))
        backend.workspace(std::size_t{1} << (18 + row.iteration), "somebody else's scratch");
      return CallbackAction::proceed;
    };
    return solve_on(backend, false, some_entries(), options, nullptr, nullptr).model.row_factors.values;
  };
  const auto undisturbed = fit(false);
  EXPECT_EQ(simt::num_captures(), 1);

  EXPECT_EQ(fit(true), undisturbed);

  EXPECT_EQ(simt::num_captures(), 1 + 3);
}

TEST_F(Iteration, OfGradientDescentWaitsFourTimes) {
  EXPECT_EQ(waits_per_iteration("gd", 0.3), std::set<std::int64_t>{4});
}

}  // namespace
}  // namespace rankfill
