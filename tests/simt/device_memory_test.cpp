// SPDX-License-Identifier: Apache-2.0
// Too little device memory: who says what, and that nothing is left behind.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "control.hpp"
#include "rankfill/error.hpp"
#include "rankfill/solve.hpp"

namespace rankfill {
namespace {

/// 60 x 40, 1200 entries.
Entries sample() {
  Entries entries;
  entries.num_rows = 60;
  entries.num_cols = 40;
  for (std::int32_t i = 0; i < 60; ++i) {
    for (std::int32_t j = i % 2; j < 40; j += 2) {
      entries.rows.push_back(i);
      entries.cols.push_back(j);
      entries.values.push_back(std::sin(0.3 * i) * std::cos(0.2 * j));
    }
  }
  return entries;
}

Options on_device(SolverOptions solver, Formulation formulation) {
  Options options;
  options.rank = 4;
  options.max_iterations = 1;
  options.solver = solver;
  options.formulation = formulation;
  options.device = {Device::Kind::cuda, 0};
  return options;
}

struct DeviceMemory : testing::Test {
  simt::Scope scope;
};

TEST_F(DeviceMemory, TooLittleSaysHowMuchWasAskedForAndIsFree) {
  constexpr std::size_t kLimit = 20000;  // the entries alone take 1200 * (4 + 4) bytes, twice
  simt::set_memory_limit(kLimit);
  const std::size_t live = simt::live_allocations();
  try {
    solve(sample(), on_device(AlsOptions{}, Formulation::automatic));
    FAIL() << "it fitted";
  } catch (const OutOfDeviceMemory& error) {
    EXPECT_GT(error.asked_bytes, error.free_bytes);
    EXPECT_LE(error.free_bytes, kLimit);
    const std::string message = error.what(), asked = std::to_string(error.asked_bytes),
                      free = std::to_string(error.free_bytes);
    EXPECT_NE(message.find(" needs " + asked + " bytes, " + free + " are free"), std::string::npos) << message;
  }
  EXPECT_EQ(simt::live_allocations(), live);
}

TEST_F(DeviceMemory, WhicheverAllocationFailsNothingIsLeftBehindAndTheNextFitWorks) {
  const Entries entries = sample();
  const std::pair<SolverOptions, Formulation> methods[] = {{AlsOptions{}, Formulation::entries},
                                                           {GradientDescentOptions{}, Formulation::entries},
                                                           {GradientDescentOptions{}, Formulation::projection}};
  for (const auto& [solver, formulation] : methods) {
    const Options options = on_device(solver, formulation);
    int failures = 0;
    for (;; ++failures) {
      const std::size_t memory = simt::live_allocations(), handles = simt::live_handles();
      simt::fail_allocation_after(failures);
      bool failed = false;
      try {
        solve(entries, options);
      } catch (const OutOfDeviceMemory&) {
        failed = true;
      } catch (const DeviceError&) {  // page-locked memory is the host's
        failed = true;
      }
      EXPECT_EQ(simt::live_allocations(), memory) << failures;
      EXPECT_EQ(simt::live_handles(), handles) << failures;
      if (!failed) break;
      ASSERT_LT(failures, 1000);
    }
    EXPECT_GT(failures, 5);
    simt::fail_allocation_after(-1);
  }
}

}  // namespace
}  // namespace rankfill
