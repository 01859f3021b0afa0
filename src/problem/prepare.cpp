// SPDX-License-Identifier: Apache-2.0
#include "problem/prepare.hpp"

#include <cmath>
#include <string>

#include "backend/cpu.hpp"
#include "problem/host_problem.hpp"
#include "rankfill/error.hpp"

namespace rankfill {

namespace {

std::vector<double> centred_values(const Entries& entries, const Centering& centering) {
  std::vector<double> values(entries.values);
  for (std::size_t p = 0; p < values.size(); ++p) values[p] -= centering.at(entries.rows[p], entries.cols[p]);
  return values;
}

void add_holdout(HostProblem& problem, const Entries& holdout) {
  validate_entries(holdout, true);
  require_same_shape(holdout, problem.num_rows, problem.num_cols);
  const std::vector<double> values = centred_values(holdout, problem.centering);
  problem.holdout = sort_by_row(holdout, values);
  problem.num_holdout = holdout.size();
  for (std::size_t p = 0; p < values.size(); ++p)
    if (holdout.rows[p] < 0 || holdout.cols[p] < 0) problem.unseen_squared_error += values[p] * values[p];
}

}  // namespace

void require_same_shape(const Entries& holdout, std::int64_t num_rows, std::int64_t num_cols) {
  if (holdout.num_rows != num_rows || holdout.num_cols != num_cols)
    throw InvalidData(holdout.source, 0,
                      "held-out data has shape " + std::to_string(holdout.num_rows) + " x " +
                          std::to_string(holdout.num_cols) + ", training data " + std::to_string(num_rows) + " x " +
                          std::to_string(num_cols) + ": they must agree");
}

HostProblem prepare_on_host(const Entries& train, const Options& options, const Entries* holdout) {
  validate_entries(train, false);
  HostProblem problem;
  problem.centering = center(train, options.center, options.bias_damping);
  problem.by_row = sort_by_row(train, centred_values(train, problem.centering));
  reject_duplicates(problem.by_row, train);
  problem.by_col = transpose(problem.by_row);

  problem.num_rows = train.num_rows;
  problem.num_cols = train.num_cols;
  problem.num_entries = train.size();
  problem.empty_rows = train.num_rows - std::ssize(detail::non_empty_rows(problem.by_row.row_ptr));
  problem.empty_cols = train.num_cols - std::ssize(detail::non_empty_rows(problem.by_col.row_ptr));
  double sum = 0;
  for (const double value : problem.by_row.values) sum += value * value;
  problem.value_rms = std::sqrt(sum / static_cast<double>(problem.num_entries));
  complete(problem, options);
  if (holdout) add_holdout(problem, *holdout);
  return problem;
}

void complete(DataFacts& facts, const Options& options) {
  const std::int64_t rows = facts.num_rows - facts.empty_rows, cols = facts.num_cols - facts.empty_cols;
  facts.is_block = facts.num_entries == rows * cols;  // no duplicates, so the counts decide
  facts.weighting = options.weighting;
  facts.lambda = options.regularization >= 0 ? options.regularization : automatic_regularization(facts);
  if (options.formulation == Formulation::block && !facts.is_block)
    throw InvalidOption("formulation", "block",
                        "the " + std::to_string(facts.num_entries) + " entries do not fill a block: " +
                            std::to_string(rows) + " rows and " + std::to_string(cols) + " columns have entries");
}

double automatic_regularization(const DataFacts& facts) {
  const auto entries = static_cast<double>(facts.num_entries);
  const auto rows = static_cast<double>(facts.num_rows - facts.empty_rows);
  const auto cols = static_cast<double>(facts.num_cols - facts.empty_cols);
  const double plain = facts.value_rms / 2 * (std::sqrt(entries / rows) + std::sqrt(entries / cols));
  const double count = 0.1 * facts.value_rms;
  return std::pow(plain, 1 - facts.weighting) * std::pow(count, facts.weighting);
}

Formulation resolve(Formulation asked, bool is_block) {
  if (asked != Formulation::automatic) return asked;
  return is_block ? Formulation::block : Formulation::entries;
}

template <class T>
Problem<T, CpuBackend> prepare(CpuBackend& backend, const Entries& train, const Options& options,
                               const Entries* holdout) {
  const HostProblem host = prepare_on_host(train, options, holdout);
  return upload_problem<T>(backend, host, options.rank, resolve(options.formulation, host.is_block), false);
}

template Problem<float, CpuBackend> prepare(CpuBackend&, const Entries&, const Options&, const Entries*);
template Problem<double, CpuBackend> prepare(CpuBackend&, const Entries&, const Options&, const Entries*);

}  // namespace rankfill
