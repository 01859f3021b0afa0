// SPDX-License-Identifier: Apache-2.0
#include "rankfill/model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "model/sample_model.hpp"
#include "rankfill/error.hpp"

namespace rankfill::test {
namespace {

Model model_of(FactorMatrix row_factors, FactorMatrix col_factors) {
  Model model;
  model.row_factors = std::move(row_factors);
  model.col_factors = std::move(col_factors);
  return model;
}

// (2 x 1) (1 x 2): everything can be checked by hand.
Model tiny() {
  Model model = model_of({2, 1, std::vector<double>{2, 3}}, {2, 1, std::vector<double>{5, 7}});
  model.mean = 1;
  model.row_bias = {0.5, 0.25};
  model.col_bias = {-10, -20};
  return model;
}

TEST(FactorMatrix, IsRowMajor) {
  const FactorMatrix factors{2, 3, std::vector<float>{1, 2, 3, 4, 5, 6}};

  EXPECT_EQ(factors(0, 2), 3);
  EXPECT_EQ(factors(1, 0), 4);
}

TEST(Predict, AddsMeanBiasesAndProduct) {
  const Model model = tiny();

  EXPECT_EQ(model.predict(0, 0), 1 + 0.5 - 10 + 10);
  EXPECT_EQ(model.predict(1, 1), 1 + 0.25 - 20 + 21);
}

TEST(Predict, UnseenGetsMeanAndKnownBias) {
  const Model model = tiny();

  EXPECT_EQ(model.predict(-1, 1), 1 - 20);
  EXPECT_EQ(model.predict(0, -1), 1 + 0.5);
  EXPECT_EQ(model.predict(-1, -1), 1);
}

TEST(Predict, RefusesIndicesOutOfRange) {
  const Model model = tiny();

  EXPECT_THROW(model.predict(2, 0), InvalidData);
  EXPECT_THROW(model.predict(0, 2), InvalidData);
  EXPECT_THROW(model.predict(-2, 0), InvalidData);
}

TEST(PredictMany, EqualsOneByOne) {
  for (const bool with_bias : {false, true}) {
    const Model model = sample_model<float>(37, 41, 5, with_bias);
    std::vector<std::int32_t> rows, cols;
    for (int p = 0; p < 20000; ++p) {  // enough to be run in parallel
      rows.push_back(p % 38 - 1);
      cols.push_back(p * 7 % 42 - 1);
    }
    std::vector<double> predictions(rows.size());

    model.predict(rows, cols, predictions);

    for (std::size_t p = 0; p < rows.size(); ++p) ASSERT_EQ(predictions[p], model.predict(rows[p], cols[p])) << p;
  }
}

TEST(PredictMany, RefusesWrongLengthsAndIndices) {
  const Model model = tiny();
  const std::vector<std::int32_t> two{0, 1}, three{0, 1, 1}, wrong{0, 2};
  std::vector<double> out(2);

  EXPECT_THROW(model.predict(two, three, out), InvalidData);
  EXPECT_THROW(model.predict(three, three, out), InvalidData);
  EXPECT_THROW(model.predict(two, wrong, out), InvalidData);
  EXPECT_THROW(model.predict(wrong, two, out), InvalidData);
}

TEST(PredictMany, OfNothingIsNothing) { EXPECT_NO_THROW(tiny().predict({}, {}, std::span<double>{})); }

TEST(Recommend, EqualsSortingEverything) {
  const Model model = sample_model<double>(6, 200, 4, true);
  for (std::int64_t row = 0; row < 6; ++row) {
    std::vector<std::int64_t> order(200);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return model.predict(row, a) > model.predict(row, b); });

    for (const int count : {1, 7, 200, 1000}) {
      const auto best = model.recommend(row, count);
      ASSERT_EQ(best.size(), static_cast<std::size_t>(std::min(count, 200)));
      for (std::size_t k = 0; k < best.size(); ++k) {
        ASSERT_EQ(best[k].col, order[k]);
        ASSERT_EQ(best[k].value, model.predict(row, order[k]));
      }
    }
  }
}

TEST(Recommend, BreaksTiesBySmallerIndex) {
  const Model model = model_of({1, 1, std::vector<double>{1}}, {5, 1, std::vector<double>{1, 2, 2, 1, 2}});

  const auto best = model.recommend(0, 4);

  ASSERT_EQ(best.size(), 4u);
  EXPECT_EQ(best[0].col, 1);
  EXPECT_EQ(best[1].col, 2);
  EXPECT_EQ(best[2].col, 4);
  EXPECT_EQ(best[3].col, 0);
}

TEST(Recommend, LeavesOutExcluded) {
  const Model model = model_of({1, 1, std::vector<double>{1}}, {4, 1, std::vector<double>{1, 4, 3, 2}});
  const std::vector<std::int32_t> exclude{3, 1, 3, -1, 99};  // any order, repeated, unknown

  const auto best = model.recommend(0, 10, exclude);

  ASSERT_EQ(best.size(), 2u);
  EXPECT_EQ(best[0].col, 2);
  EXPECT_EQ(best[1].col, 0);
}

TEST(Recommend, OfNoneIsEmpty) {
  const std::vector<std::int32_t> all{0, 1};

  EXPECT_TRUE(tiny().recommend(0, 0).empty());
  EXPECT_TRUE(tiny().recommend(0, -3).empty());
  EXPECT_TRUE(tiny().recommend(0, 5, all).empty());
}

TEST(Recommend, RefusesRowsOutOfRange) {
  EXPECT_THROW(tiny().recommend(2, 1), InvalidData);
  EXPECT_THROW(tiny().recommend(-1, 1), InvalidData);
}

}  // namespace
}  // namespace rankfill::test
