// SPDX-License-Identifier: Apache-2.0
#include "rankfill/fold_in.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/sample_model.hpp"
#include "rankfill/error.hpp"
#include "rankfill/solve.hpp"

namespace rankfill::test {
namespace {

/// Two thirds of a smooth matrix that has no low rank.
Entries smooth_entries(int num_rows, int num_cols) {
  Entries entries;
  entries.num_rows = num_rows;
  entries.num_cols = num_cols;
  for (int i = 0; i < num_rows; ++i)
    for (int j = 0; j < num_cols; ++j) {
      if ((i + 2 * j) % 3 == 0) continue;
      entries.rows.push_back(i);
      entries.cols.push_back(j);
      entries.values.push_back(3 + std::sin(0.3 * i * j) + 0.1 * i - 0.05 * j);
    }
  return entries;
}

/// The gradient of the row's objective at the folded factors, relative to the size of its terms.
double relative_gradient(const Model& model, const Entries& entries, const FoldedRows& folded, int row,
                         double penalty) {
  std::vector<double> gradient(static_cast<std::size_t>(model.rank())), size(gradient);
  for (int t = 0; t < model.rank(); ++t) gradient[static_cast<std::size_t>(t)] = penalty * folded.row_factors(row, t);
  for (std::size_t p = 0; p < entries.values.size(); ++p) {
    if (entries.rows[p] != row || entries.cols[p] < 0) continue;
    const std::int64_t col = entries.cols[p];
    double residual = entries.values[p] - model.mean;
    if (!folded.row_bias.empty())
      residual -= folded.row_bias[static_cast<std::size_t>(row)] + model.col_bias[static_cast<std::size_t>(col)];
    for (int t = 0; t < model.rank(); ++t) residual -= folded.row_factors(row, t) * model.col_factors(col, t);
    for (int t = 0; t < model.rank(); ++t) {
      gradient[static_cast<std::size_t>(t)] -= residual * model.col_factors(col, t);
      size[static_cast<std::size_t>(t)] += std::abs(residual * model.col_factors(col, t));
    }
  }
  double worst = 0;
  for (std::size_t t = 0; t < size.size(); ++t) worst = std::max(worst, std::abs(gradient[t]) / size[t]);
  return worst;
}

TEST(FoldIn, SolvesEveryRowExactlyWithBiasesAndCountWeights) {
  const Model model = sample_model<double>(3, 12, 4, true);
  const Entries rows = smooth_entries(7, 12);

  const FoldedRows folded = fold_in(model, rows, {.regularization = 0.3, .weighting = 0.5});

  ASSERT_EQ(folded.row_factors.num_rows, 7);
  ASSERT_EQ(folded.row_bias.size(), 7u);
  // A backward stable solve: rank terms, each off by an epsilon, times the condition of the system (far below 1e4 here).
  const double tolerance = 4 * 1e4 * std::numeric_limits<double>::epsilon();
  for (int row = 0; row < 7; ++row)
    EXPECT_LE(relative_gradient(model, rows, folded, row, 0.3 * std::sqrt(8.0)), tolerance) << row;
}

TEST(FoldIn, BiasIsTheDampedMeanOfWhatMeanAndColumnsLeave) {
  const Model model = sample_model<double>(2, 3, 1, true);
  Entries rows;
  rows.num_rows = 1;
  rows.num_cols = 3;
  rows.rows = {0, 0};
  rows.cols = {1, 2};
  rows.values = {5, 4};

  const FoldedRows folded = fold_in(model, rows, {.regularization = 1, .bias_damping = 3});

  EXPECT_DOUBLE_EQ(folded.row_bias[0], ((5 - 3.25 + 0.25) + (4 - 3.25 + 0.5)) / (2 + 3));
}

// At a minimum every row solves its own problem, so folding the training rows in again changes nothing.
TEST(FoldIn, FindsTheRowsOfAConvergedFitAgain) {
  const Entries entries = smooth_entries(15, 12);
  const auto fitted = solve(entries, {.rank = 3,
                                      .regularization = 0.5,
                                      .precision = Precision::float64,
                                      .max_iterations = 500,
                                      .gradient_tolerance = 1e-11});
  ASSERT_EQ(fitted.summary.termination, Termination::gradient_tolerance);

  const FoldedRows folded = fold_in(fitted.model, entries, {.regularization = 0.5});

  // |gradient| <= 1e-11 |Lambda (U, V)|, and the system's smallest eigenvalue is at least lambda.
  double norm = 0;
  for (int i = 0; i < 15; ++i)
    for (int t = 0; t < 3; ++t) norm += std::pow(fitted.model.row_factors(i, t), 2);
  for (int i = 0; i < 12; ++i)
    for (int t = 0; t < 3; ++t) norm += std::pow(fitted.model.col_factors(i, t), 2);
  for (int i = 0; i < 15; ++i)
    for (int t = 0; t < 3; ++t)
      EXPECT_NEAR(folded.row_factors(i, t), fitted.model.row_factors(i, t), 1e-11 * std::sqrt(norm)) << i << ' ' << t;
}

TEST(FoldIn, LeavesUnknownColumnsOutAndRowsWithoutEntriesAtZero) {
  const Model model = sample_model<float>(2, 4, 2, true);
  Entries rows;
  rows.num_rows = 3;
  rows.num_cols = 4;
  rows.rows = {0, 0, 2};
  rows.cols = {1, -1, -1};
  rows.values = {2, 900, 900};

  const FoldedRows folded = fold_in(model, rows, {.regularization = 1});
  rows.rows.resize(1);
  rows.cols.resize(1);
  rows.values.resize(1);
  const FoldedRows without = fold_in(model, rows, {.regularization = 1});

  EXPECT_EQ(folded.unknown, 2);
  EXPECT_TRUE(folded.row_factors.is_float32());
  for (int t = 0; t < 2; ++t) {
    EXPECT_EQ(folded.row_factors(0, t), without.row_factors(0, t));
    EXPECT_EQ(folded.row_factors(1, t), 0);
    EXPECT_EQ(folded.row_factors(2, t), 0);
  }
  EXPECT_EQ(folded.row_bias[2], 0);
}

TEST(FoldIn, RefusesWhatCannotBeFolded) {
  const Model model = sample_model<float>(2, 4, 2, false);
  Entries rows = smooth_entries(2, 4);

  EXPECT_THROW(fold_in(model, rows, {.regularization = -1}), InvalidOption);
  EXPECT_THROW(fold_in(model, rows, {.weighting = 2}), InvalidOption);
  rows.num_cols = 5;
  EXPECT_THROW(fold_in(model, rows, {}), InvalidData);
  rows.num_cols = 4;
  rows.values[0] = std::nan("");
  EXPECT_THROW(fold_in(model, rows, {}), InvalidData);
  rows.values[0] = 1;
  rows.rows[1] = rows.rows[0];
  rows.cols[1] = rows.cols[0];
  EXPECT_THROW(fold_in(model, rows, {}), InvalidData);
}

}  // namespace
}  // namespace rankfill::test
