// SPDX-License-Identifier: Apache-2.0
#include "rankfill/evaluate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/sample_model.hpp"
#include "rankfill/error.hpp"

namespace rankfill::test {
namespace {

Entries entries_of(std::vector<std::int32_t> rows, std::vector<std::int32_t> cols, std::vector<double> values) {
  Entries entries;
  entries.rows = std::move(rows);
  entries.cols = std::move(cols);
  entries.values = std::move(values);
  return entries;
}

TEST(Evaluate, MeasuresResiduals) {
  Model model;
  model.row_factors = {1, 1, std::vector<double>{2}};
  model.col_factors = {2, 1, std::vector<double>{1, 3}};

  const Evaluation result = evaluate(model, entries_of({0, 0}, {0, 1}, {2 + 3, 6 - 4}));  // residuals 3 and -4

  EXPECT_DOUBLE_EQ(result.rmse, std::sqrt((9 + 16) / 2.0));
  EXPECT_DOUBLE_EQ(result.mae, 3.5);
  EXPECT_EQ(result.num_entries, 2);
  EXPECT_EQ(result.unseen, 0);
}

TEST(Evaluate, CountsUnseen) {
  const Model model = sample_model<float>(3, 3, 2, true);

  const Evaluation result = evaluate(model, entries_of({-1, 0, -1, 2}, {1, -1, -1, 2}, {1, 2, 3, 4}));

  EXPECT_EQ(result.unseen, 3);
  EXPECT_EQ(result.num_entries, 4);
}

TEST(Evaluate, AgreesWithPredictOnManyEntries) {
  const Model model = sample_model<float>(50, 60, 7, true);
  Entries entries;
  double squares = 0, magnitudes = 0;
  for (int p = 0; p < 30000; ++p) {  // several blocks
    entries.rows.push_back(p % 50);
    entries.cols.push_back(p * 11 % 60);
    entries.values.push_back(std::cos(p));
    const double residual = entries.values.back() - model.predict(entries.rows.back(), entries.cols.back());
    squares += residual * residual;
    magnitudes += std::abs(residual);
  }

  const Evaluation result = evaluate(model, entries);

  const double rounding =
      30000 * std::numeric_limits<double>::epsilon();  // n terms of one sign, summed in another order
  EXPECT_NEAR(result.rmse, std::sqrt(squares / 30000), rounding * result.rmse);
  EXPECT_NEAR(result.mae, magnitudes / 30000, rounding * result.mae);
  EXPECT_EQ(result.rmse, evaluate(model, entries).rmse);
}

TEST(Evaluate, RefusesWhatCannotBeMeasured) {
  const Model model = sample_model<double>(3, 3, 2, false);

  EXPECT_THROW(evaluate(model, entries_of({}, {}, {})), InvalidData);
  EXPECT_THROW(evaluate(model, entries_of({3}, {0}, {1})), InvalidData);
  EXPECT_THROW(evaluate(model, entries_of({0}, {-2}, {1})), InvalidData);
  EXPECT_THROW(evaluate(model, entries_of({0, 1}, {0}, {1})), InvalidData);
  EXPECT_THROW(evaluate(model, entries_of({0}, {0}, {std::nan("")})), InvalidData);
}

}  // namespace
}  // namespace rankfill::test
