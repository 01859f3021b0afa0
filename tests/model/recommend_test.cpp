// SPDX-License-Identifier: Apache-2.0
#include "rankfill/recommend.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "rankfill/error.hpp"
#include "tests/model/sample_model.hpp"

namespace rankfill {
namespace {

using test::sample_model;

std::vector<std::int64_t> all_rows(const Model& model) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(model.num_rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

/// The same columns and the same bits as row by row.
void expect_as_single(const Model& model, int count, const SeenColumns& seen = {}) {
  const auto rows = all_rows(model);
  const auto results = recommend(model, rows, count, seen);
  ASSERT_EQ(results.size(), rows.size());
  for (const std::int64_t row : rows) {
    const auto want = model.recommend(row, count, seen.of(row));
    const auto& got = results[static_cast<std::size_t>(row)];
    ASSERT_EQ(got.size(), want.size()) << row;
    for (std::size_t k = 0; k < want.size(); ++k) {
      ASSERT_EQ(got[k].col, want[k].col) << row << ", place " << k;
      ASSERT_EQ(got[k].value, want[k].value) << row << ", place " << k;
    }
  }
}

TEST(RecommendRows, EqualsRowByRow) {  // more rows and columns than a block
  for (const bool with_bias : {false, true})
    for (const int count : {1, 7, 3000}) {
      expect_as_single(sample_model<float>(70, 2100, 5, with_bias), count);
      expect_as_single(sample_model<double>(70, 2100, 5, with_bias), count);
    }
  expect_as_single(sample_model<float>(1, 1, 1, true), 5);
  expect_as_single(sample_model<double>(65, 1025, 33, true), 12);
}

TEST(RecommendRows, LeavesOutWhatWasSeen) {
  const Model model = sample_model<float>(30, 1500, 4, true);
  Entries seen;
  for (std::int32_t p = 0; p < 9000; ++p) {
    seen.rows.push_back(p % 32 - 1);  // -1 and 30: not in the model
    seen.cols.push_back(static_cast<std::int32_t>((p * 977LL) % 1503) - 1);
    seen.values.push_back(1);
  }
  for (std::int32_t col = 0; col < 1500; ++col) {  // row 3 has seen everything
    seen.rows.push_back(3);
    seen.cols.push_back(col);
    seen.values.push_back(1);
  }
  const SeenColumns columns(seen, model);
  const auto of_three = columns.of(3);
  EXPECT_TRUE(std::is_sorted(of_three.begin(), of_three.end()));
  EXPECT_GE(of_three.size(), 1500U);
  EXPECT_GE(of_three.front(), 0);
  EXPECT_LT(of_three.back(), 1500);
  for (const int count : {5, 1500}) expect_as_single(model, count, columns);
  EXPECT_TRUE(recommend(model, std::vector<std::int64_t>{3}, 5, columns)[0].empty());
}

// Scores that float32 cannot tell apart are told apart by the exact prediction, ties by the smaller index.
TEST(RecommendRows, TellsNearTiesApart) {
  Model model = sample_model<double>(3, 4000, 2, false);
  auto& v = std::get<std::vector<double>>(model.col_factors.values);
  for (std::size_t j = 0; j < 4000; ++j)
    v[2 * j] = 1 + 1e-12 * static_cast<double>((j * 7919) % 1000), v[2 * j + 1] = 0;
  expect_as_single(model, 9);
  std::fill(v.begin(), v.end(), 0.0);  // every prediction the same
  expect_as_single(model, 9);
  EXPECT_EQ(recommend(model, std::vector<std::int64_t>{2}, 3)[0][2].col, 2);
}

// The prediction's own rounding counts when the mean is huge; factors beyond float32 are left to the exact way.
TEST(RecommendRows, HoldsForExtremeNumbers) {
  Model model = sample_model<double>(5, 1200, 3, true);
  model.mean = 1e12;
  expect_as_single(model, 8);
  for (double& u : std::get<std::vector<double>>(model.row_factors.values)) u *= 1e25;
  expect_as_single(model, 8);
  for (double& v : std::get<std::vector<double>>(model.col_factors.values)) v *= 1e250;
  expect_as_single(model, 8);
  model = sample_model<double>(5, 1200, 3, false);
  for (double& u : std::get<std::vector<double>>(model.row_factors.values)) u *= 1e-30;
  for (double& v : std::get<std::vector<double>>(model.col_factors.values)) v *= 1e-20;
  expect_as_single(model, 8);
}

TEST(RecommendRows, DoesNotDependOnThreads) {
  const Model model = sample_model<float>(300, 900, 6, true);
  const auto one = recommend(model, all_rows(model), 10, {}, 1), four = recommend(model, all_rows(model), 10, {}, 4);
  for (std::size_t row = 0; row < one.size(); ++row)
    for (std::size_t k = 0; k < 10; ++k) EXPECT_EQ(one[row][k].value, four[row][k].value);
}

TEST(RecommendRows, OfNoneIsEmptyAndOfStrangersThrows) {
  const Model model = sample_model<float>(4, 6, 2, false);
  EXPECT_TRUE(recommend(model, {}, 3).empty());
  EXPECT_TRUE(recommend(model, std::vector<std::int64_t>{1}, 0)[0].empty());
  EXPECT_TRUE(recommend(model, std::vector<std::int64_t>{1}, -2)[0].empty());
  EXPECT_THROW(recommend(model, std::vector<std::int64_t>{4}, 3), InvalidData);
  EXPECT_THROW(recommend(model, std::vector<std::int64_t>{-1}, 3), InvalidData);
}

}  // namespace
}  // namespace rankfill
