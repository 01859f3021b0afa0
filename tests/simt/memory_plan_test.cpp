// SPDX-License-Identifier: Apache-2.0
#include "problem/memory_plan.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "kernels/detail/philox.hpp"
#include "rankfill/error.hpp"
#include "rankfill/solve.hpp"
#include "tests/support/simt/control.hpp"

namespace rankfill {
namespace {

/// `density` in percent; the first row is twice as full as the others are.  `step` 0: values no code and no float holds.
Entries entries_of(std::int64_t rows, std::int64_t cols, std::uint32_t density, double step) {
  Entries e;
  e.num_rows = rows;
  e.num_cols = cols;
  for (std::int32_t i = 0; i < rows; ++i)
    for (std::int32_t j = 0; j < cols; ++j) {
      const auto draw = philox({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), 0, 3}, {1, 2});
      if (draw[0] % 100 >= density * (i == 0 ? 2 : 1)) continue;
      e.rows.push_back(i);
      e.cols.push_back(j);
      e.values.push_back(step > 0 ? step * (draw[1] % 9) : draw[1] * 0x1.1p-30 + 0.1);
    }
  return e;
}

Options on_device(int rank, const char* solver = "als", Formulation formulation = Formulation::entries) {
  Options o;
  o.rank = rank;
  o.solver = parse_solver(solver);
  o.formulation = formulation;
  o.max_iterations = 1;
  o.device = {Device::Kind::cuda, 0};
  return o;
}

struct MemoryPlanTest : testing::Test {
  /// The plan holds the peak, and is at most `most` times as much.
  void expect_close(const Entries& train, const Options& options, const Entries* holdout, const std::string& what,
                    double most = 1.3) {
    const Summary s = solve(train, options, holdout).summary;
    const std::uint64_t planned = s.memory_plan.value().bytes();
    const std::string text = what + ": " + describe(*s.memory_plan, s.device_free_bytes);
    EXPECT_GE(planned, s.device_bytes) << text;
    EXPECT_LE(static_cast<double>(planned), most * static_cast<double>(s.device_bytes)) << text;
  }
  simt::Scope scope;
};

TEST_F(MemoryPlanTest, HoldsThePeakOfEverySolverAndFormulation) {
  const Entries train = entries_of(150, 90, 20, 0.5);
  for (const int rank : {2, 24})
    for (const char* solver :
         {"auto", "als", "gd", "vp-lbfgs", "nesterov-als", "anderson-als", "s-lbfgs", "scaled-asd", "cg", "ccd", "sgd"})
      for (const auto formulation :
           {Formulation::entries, Formulation::scatter, Formulation::projection, Formulation::dense})
        expect_close(
            train, on_device(rank, solver, formulation), nullptr,
            std::string(solver) + ", " + std::string(to_string(formulation)) + ", rank " + std::to_string(rank));
}

TEST_F(MemoryPlanTest, HoldsThePeakOfACertificate) {
  for (const int rank : {1, 24})  // more than the solver gave back, and less
    for (const auto precision : {Precision::float32, Precision::float64}) {
      Options o = on_device(rank, rank == 1 ? "als" : "gd");
      o.precision = precision;
      o.regularization = 1;
      o.certificate = true;
      expect_close(entries_of(90, 50, 20, 0.5), o, nullptr, "certificate, rank " + std::to_string(rank));
    }
}

TEST_F(MemoryPlanTest, HoldsThePeakOfEveryPrecisionAndCentre) {
  for (const double step : {0.5, 0.1, 0.0})
    for (const auto precision : {Precision::float32, Precision::float64, Precision::mixed})
      for (const auto center : {Center::none, Center::mean, Center::bias}) {
        Options o = on_device(17);
        o.precision = precision;
        o.center = center;
        o.weighting = 1;
        expect_close(entries_of(90, 70, 15, step), o, nullptr,
                     "step " + std::to_string(step) + ", " + std::string(to_string(precision)) + ", center " +
                         std::string(to_string(center)));
      }
}

TEST_F(MemoryPlanTest, HoldsThePeakOfManyShapes) {
  const struct {
    std::int64_t rows, cols;
    std::uint32_t density;
    int rank;
  } shapes[] = {{4, 3000, 60, 8},  {3000, 4, 60, 8},  {400, 300, 2, 33},
                {100, 4000, 1, 2}, {60, 50, 50, 100}, {1500, 20, 30, 5}};
  for (const auto& s : shapes)
    expect_close(entries_of(s.rows, s.cols, s.density, 0.5), on_device(s.rank), nullptr,
                 std::to_string(s.rows) + " x " + std::to_string(s.cols));
}

TEST_F(MemoryPlanTest, HoldsThePeakWithHeldOutEntries) {
  const Entries train = entries_of(150, 90, 20, 0.5);
  Entries holdout = entries_of(150, 90, 45, 0.5);
  expect_close(train, on_device(4), &holdout, "more held out than not");
  expect_close(holdout, on_device(40, "gd"), &train, "less");
}

TEST_F(MemoryPlanTest, TooLittleIsSaidBeforeAnythingIsAllocated) {
  const Entries train = entries_of(150, 90, 20, 0.5);
  const std::uint64_t planned = plan_device_memory(train, on_device(8)).bytes();
  simt::set_memory_limit(planned - 1);
  const std::int64_t launches = simt::num_launches();

  try {
    solve(train, on_device(8));
    FAIL() << "it fitted";
  } catch (const OutOfDeviceMemory& error) {
    EXPECT_EQ(error.asked_bytes, planned);
    EXPECT_EQ(error.free_bytes, planned - 1);
    for (const char* word : {"sorting the entries ", "workspace ", "rest "})
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
  EXPECT_EQ(simt::num_launches(), launches);

  simt::set_memory_limit(planned);
  EXPECT_NO_THROW(solve(train, on_device(8)));
}

TEST(MemoryPlan, GrowsLikeTheNumbersOfALargeProblem) {
  const MemoryShape netflix{.num_rows = 480189,
                            .num_cols = 17770,
                            .num_entries = 99072112,
                            .num_holdout = 0,
                            .value_bytes = 4,
                            .stored_bytes = 1};
  Options o = on_device(64);
  o.precision = Precision::mixed;

  const MemoryPlan plan = plan_memory(netflix, o);

  EXPECT_GE(plan.preparing_bytes, 99072112U * 30U);
  EXPECT_LE(plan.preparing_bytes, 99072112U * 32U);
  std::uint64_t by_row = 0, by_col = 0;
  for (const MemoryItem& item : plan.solving) {
    if (item.purpose == "entries by row") by_row = item.bytes;
    if (item.purpose == "entries by column") by_col = item.bytes;
  }
  EXPECT_EQ(by_row, 99072112U * 3 + 480190 * 8);
  EXPECT_EQ(by_col, 99072112U * 5ULL + 17771 * 8);
}

}  // namespace
}  // namespace rankfill
