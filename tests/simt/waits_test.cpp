// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

#include "backend/cuda.hpp"
#include "solve_on.hpp"
#include "tests/support/simt/control.hpp"

// How often an iteration makes the host wait for the device.

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

/// The numbers of waits between two rows of the table, but for the first two and the last: those measure a point for its
/// own sake.
std::set<std::int64_t> waits_per_iteration(const char* solver, double lambda) {
  Options options;
  options.rank = 3;
  options.regularization = lambda;
  options.solver = parse_solver(solver);
  options.max_iterations = 7;
  options.gradient_tolerance = 0;
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

struct Waits : testing::Test {
  simt::Scope scope;
};

TEST_F(Waits, OncePerSweepOfAls) {
  EXPECT_EQ(waits_per_iteration("als", 0.3), std::set<std::int64_t>{1});
  EXPECT_EQ(waits_per_iteration("als", 0), std::set<std::int64_t>{1});
}

TEST_F(Waits, SweepsOfAlsAreOneLaunchEach) {
  const Entries entries = some_entries();
  const auto launches = [&](int iterations) {
    const std::int64_t before = simt::num_launches();
    Options options;
    options.rank = 3;
    options.regularization = 0.3;
    options.max_iterations = iterations;
    options.gradient_tolerance = 0;
    CudaBackend backend(0);
    solve_on(backend, false, entries, options, nullptr, nullptr);
    return simt::num_launches() - before;
  };

  EXPECT_EQ(launches(20), launches(1));
  EXPECT_EQ(simt::num_captures(), 1) << "one iteration is not worth one";
  EXPECT_EQ(simt::num_graph_launches(), 19);
}

TEST_F(Waits, FourTimesPerStepOfGradientDescent) {
  EXPECT_EQ(waits_per_iteration("gd", 0.3), std::set<std::int64_t>{4});
}

}  // namespace
}  // namespace rankfill
