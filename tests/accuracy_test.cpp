// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "problem/start.hpp"
#include "rankfill/rankfill.hpp"

// Numbers that a correct solver reaches.  Real data is read from $RANKFILL_DATA/NAME/{train,test}.txt, `row col value`.

namespace rankfill {
namespace {

/// For the report that --gtest_output=xml writes.
std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

TEST(Accuracy, RecoversAnExactLowRankMatrix) {
  constexpr int rank = 10, size = 1000;
  const double share = 5.0 * rank * (2 * size - rank) / (double{size} * size);  // oversampling 5
  std::vector<std::int64_t> all(size + 1);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  const auto u = random_start(1, 0, all, rank, 1), v = random_start(1, 1, all, rank, 1);
  const auto truth = [&](int i, int j) {
    double sum = 0;
    for (int k = 0; k < rank; ++k)
      sum += u[static_cast<std::size_t>(i * rank + k)] * v[static_cast<std::size_t>(j * rank + k)];
    return sum;
  };
  Entries e;
  e.num_rows = e.num_cols = size;
  for (int i = 0; i < size; ++i)
    for (int j = 0; j < size; ++j)
      if (philox({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), 5, 0}, {3, 0})[0] * 0x1p-32 < share) {
        e.rows.push_back(i);
        e.cols.push_back(j);
        e.values.push_back(truth(i, j));
      }
  Options o;
  o.rank = rank;
  o.regularization = 1e-9;
  o.center = Center::none;
  o.precision = Precision::float64;
  o.max_iterations = 20;
  o.device.kind = Device::Kind::cpu;

  const Model model = solve(e, o).model;

  double error = 0, norm = 0;
  for (int i = 0; i < size; ++i)
    for (int j = 0; j < size; ++j) {
      error += std::pow(model.predict(i, j) - truth(i, j), 2);
      norm += std::pow(truth(i, j), 2);
    }
  RecordProperty("relative_error", shown(std::sqrt(error / norm)));
  EXPECT_LE(std::sqrt(error / norm), 1e-6);
}

TEST(Accuracy, DescentAndAlternationReachTheSameObjective) {
  Entries e;
  e.num_rows = 12;
  e.num_cols = 10;
  for (std::int32_t i = 0; i < 12; ++i)
    for (std::int32_t j = 0; j < 10; ++j)
      if ((i * 7 + j * 3) % 5 < 3) {
        e.rows.push_back(i);
        e.cols.push_back(j);
        e.values.push_back(std::sin(0.5 * i) * std::cos(0.4 * j) + 0.3 * std::sin(i * j));
      }
  Options o;
  o.rank = 2;
  o.regularization = 0.2;
  o.precision = Precision::float64;
  o.gradient_tolerance = 1e-7;
  o.seed = 1;  // F has two local minima here; from this start both methods go to the lower one
  o.max_iterations = 20000;
  o.device.kind = Device::Kind::cpu;
  o.solver = AlsOptions{};
  const double als = solve(e, o).summary.objective;
  o.solver = GradientDescentOptions{.momentum = 0.5};
  const double gd = solve(e, o).summary.objective;
  RecordProperty("relative_difference", shown(std::abs(gd - als) / als));
  EXPECT_NEAR(gd, als, 1e-6 * als);
}

/// Test RMSE and objective on a data set, or a skip.
class RealData : public ::testing::Test {
 protected:
  Summary fit(const std::string& name, int rank, double lambda, double weighting, Center center, int sweeps) {
    const std::string folder = std::string(std::getenv("RANKFILL_DATA")) + "/" + name;
    const Entries train = read_entries(folder + "/train.txt");
    ReadOptions reading;
    reading.row_ids = &train.row_ids;
    reading.col_ids = &train.col_ids;
    const Entries test = read_entries(folder + "/test.txt", reading);
    Options o;
    o.rank = rank;
    o.regularization = lambda;
    o.weighting = weighting;
    o.center = center;
    o.max_iterations = sweeps;
    o.gradient_tolerance = 1e-5;
    o.keep_best = false;
    o.device.kind = Device::Kind::cpu;
    const Summary s = solve(train, o, &test).summary;
    RecordProperty("test_rmse", shown(s.holdout_rmse));
    RecordProperty("objective", shown(s.objective));
    return s;
  }
  void SetUp() override {
    if (!std::getenv("RANKFILL_DATA")) GTEST_SKIP() << "RANKFILL_DATA is not set: no real data to fit";
  }
};

TEST_F(RealData, MovieLensWeighted) {
  EXPECT_LE(fit("ml-latest-small", 32, 0.12, 1, Center::mean, 100).holdout_rmse, 0.870);
}

TEST_F(RealData, MovieLensPlain) {
  const Summary s = fit("ml-latest-small", 32, 12, 0, Center::mean, 100);
  EXPECT_LE(s.holdout_rmse, 0.898);
  EXPECT_NEAR(s.objective, 3.367e4, 0.003 * 3.367e4);
}

TEST_F(RealData, MovieLensBiasesRemoved) {
  EXPECT_LE(fit("ml-latest-small", 32, 12, 0, Center::bias, 100).holdout_rmse, 0.842);
}

TEST_F(RealData, Jester) {
  EXPECT_NEAR(fit("jester-1", 32, 400, 0, Center::mean, 30).objective, 1.4757e7, 0.003 * 1.4757e7);
}

TEST_F(RealData, EarthRelief) { EXPECT_LE(fit("etopo5-30", 128, 0.3, 0, Center::mean, 40).holdout_rmse, 0.237); }

}  // namespace
}  // namespace rankfill
