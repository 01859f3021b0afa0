// SPDX-License-Identifier: Apache-2.0
#include "problem/problem.hpp"

namespace rankfill {

namespace {

std::vector<double> centred_values(const Entries& entries, const Centering& centering) {
  std::vector<double> values(entries.values);
  for (std::size_t p = 0; p < values.size(); ++p) values[p] -= centering.at(entries.rows[p], entries.cols[p]);
  return values;
}

void add_holdout(HostProblem& problem, const Entries& holdout) {
  validate_entries(holdout, true);
  if (holdout.num_rows != problem.by_row.num_rows || holdout.num_cols != problem.by_row.num_cols)
    throw InvalidData(holdout.source, 0,
                      "held-out data has shape " + std::to_string(holdout.num_rows) + " x " +
                          std::to_string(holdout.num_cols) + ", training data " +
                          std::to_string(problem.by_row.num_rows) + " x " + std::to_string(problem.by_row.num_cols) +
                          ": they must agree");
  const std::vector<double> values = centred_values(holdout, problem.centering);
  problem.holdout = sort_by_row(holdout, values);
  problem.num_holdout = holdout.size();
  for (std::size_t p = 0; p < values.size(); ++p)
    if (holdout.rows[p] < 0 || holdout.cols[p] < 0) problem.unseen_squared_error += values[p] * values[p];
}

}  // namespace

HostProblem prepare_on_host(const Entries& train, const Options& options, const Entries* holdout) {
  validate_entries(train, false);
  HostProblem problem;
  problem.centering = center(train, options.center, options.bias_damping);
  problem.by_row = sort_by_row(train, centred_values(train, problem.centering));
  reject_duplicates(problem.by_row, train);
  problem.by_col = transpose(problem.by_row);
  double sum = 0;
  for (const double value : problem.by_row.values) sum += value * value;
  problem.value_rms = std::sqrt(sum / static_cast<double>(problem.num_entries()));

  const auto rows = static_cast<std::int64_t>(detail::non_empty_rows(problem.by_row).size());
  const auto cols = static_cast<std::int64_t>(detail::non_empty_rows(problem.by_col).size());
  problem.empty_rows = train.num_rows - rows;
  problem.empty_cols = train.num_cols - cols;
  problem.is_block = problem.num_entries() == rows * cols;  // no duplicates, so the counts decide
  problem.weighting = options.weighting;
  problem.lambda = options.regularization >= 0 ? options.regularization : automatic_regularization(problem);
  if (options.formulation == Formulation::block && !problem.is_block)
    throw InvalidOption("formulation", "block",
                        "the " + std::to_string(problem.num_entries()) + " entries do not fill a block: " +
                            std::to_string(rows) + " rows and " + std::to_string(cols) + " columns have entries");
  if (holdout) add_holdout(problem, *holdout);
  return problem;
}

double automatic_regularization(const HostProblem& problem) {
  const auto entries = static_cast<double>(problem.num_entries());
  const auto rows = static_cast<double>(problem.by_row.num_rows - problem.empty_rows);
  const auto cols = static_cast<double>(problem.by_row.num_cols - problem.empty_cols);
  const double plain = problem.value_rms / 2 * (std::sqrt(entries / rows) + std::sqrt(entries / cols));
  const double count = 0.1 * problem.value_rms;
  return std::pow(plain, 1 - problem.weighting) * std::pow(count, problem.weighting);
}

Formulation resolve(Formulation asked, bool is_block) {
  if (asked != Formulation::automatic) return asked;
  return is_block ? Formulation::block : Formulation::entries;
}

}  // namespace rankfill
