// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "rankfill/device.hpp"
#include "rankfill/io.hpp"
#include "rankfill/solve.hpp"

// One fit of real data, on the CPU and on the CUDA half, through the door that users take: the same answer.

namespace rankfill {
namespace {

constexpr int kSide = 30;

/// Europe, Africa and the Atlantic from the relief map, one height in 8 x 8, in km.
Entries cut_of_the_relief() {
  const Entries map = read_entries(RANKFILL_RELIEF);
  Entries cut;
  cut.num_rows = cut.num_cols = kSide;
  for (std::size_t p = 0; p < map.values.size(); ++p) {
    const std::int32_t row = map.rows[p] - 100, col = map.cols[p] - 400;
    if (row < 0 || col < 0 || row % 8 != 0 || col % 8 != 0 || row / 8 >= kSide || col / 8 >= kSide) continue;
    cut.rows.push_back(row / 8);
    cut.cols.push_back(col / 8);
    cut.values.push_back(map.values[p] / 1000);
  }
  return cut;
}

class CudaSolve : public ::testing::Test {
 protected:
  void SetUp() override {
    if (cuda_devices().empty()) GTEST_SKIP() << "no CUDA device";
  }

  /// In exact arithmetic both devices take the same steps.  An iteration rounds sums of at most kSide terms and dots of
  /// `rank`; lambda keeps the systems well conditioned, so that errors add up over the iterations and do not multiply.
  void expect_same_numbers(Options options) const {
    options.device.kind = Device::Kind::cpu;
    const Summary cpu = solve(split.train, options, &split.holdout).summary;
    options.device.kind = Device::Kind::cuda;
    const Summary cuda = solve(split.train, options, &split.holdout).summary;

    const double epsilon = options.precision == Precision::float32 ? std::numeric_limits<float>::epsilon()
                                                                   : std::numeric_limits<double>::epsilon();
    const double within = 4 * epsilon * (kSide + options.rank) * cpu.iterations;
    const std::string what = std::string(solver_name(options.solver)) + ", weighting " +
                             std::to_string(options.weighting) + ", " + std::string(to_string(options.precision));
    EXPECT_EQ(cuda.iterations, cpu.iterations) << what;
    EXPECT_NEAR(cuda.holdout_rmse, cpu.holdout_rmse, within * cpu.holdout_rmse) << what;
    EXPECT_NEAR(cuda.objective, cpu.objective, within * cpu.objective) << what;
    EXPECT_LT(cpu.holdout_rmse, 0.5 * cpu.value_rms) << what << ": a fit that restores nothing compares nothing";
    EXPECT_EQ(cuda.device_used.rfind("cuda:0", 0), 0U) << cuda.device_used;
  }

  Split split = split_by_fraction(cut_of_the_relief(), 0.4, 1);
};

TEST_F(CudaSolve, GivesTheNumbersOfTheCpu) {
  for (const char* solver : {"als", "gd"})
    for (const double weighting : {0.0, 1.0})
      for (const auto precision : {Precision::float32, Precision::float64}) {
        Options options;
        options.rank = 3;
        options.regularization = weighting > 0 ? 0.15 : 3;
        options.weighting = weighting;
        options.solver = parse_solver(solver);
        options.precision = precision;
        options.max_iterations = 10;
        options.gradient_tolerance = 0;
        options.keep_best = false;
        expect_same_numbers(options);
      }
}

}  // namespace
}  // namespace rankfill
