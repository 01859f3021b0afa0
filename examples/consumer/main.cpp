// SPDX-License-Identifier: Apache-2.0
// How well does a low-rank matrix predict the entries of a file that it was not shown?
#include <cstdio>
#include <exception>

#include <rankfill/rankfill.hpp>

int main(int argc, char** argv) try {
  if (argc != 2) return std::fputs("usage: consumer FILE\n", stderr), 2;
  const auto entries = rankfill::read_entries(argv[1]);
  const auto [rest, test] = rankfill::split_by_fraction(entries, 0.1, 1);
  const auto [train, holdout] = rankfill::split_by_fraction(rest, 0.1, 2);
  const auto [model, summary] = rankfill::solve(train, {.rank = 16, .regularization = 0.1, .weighting = 1}, &holdout);
  rankfill::Model constant = model;  // the mean alone
  constant.row_factors = {train.num_rows, 0, {}}, constant.col_factors = {train.num_cols, 0, {}};
  std::printf("RMSE %.4f; by the mean of all entries %.4f\n", evaluate(model, test).rmse,
              evaluate(constant, test).rmse);
} catch (const std::exception& e) {
  return std::fprintf(stderr, "%s\n", e.what()), 1;
}
