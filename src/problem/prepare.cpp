// SPDX-License-Identifier: Apache-2.0
#include "problem/prepare.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "backend/cpu.hpp"
#include "backend/parallel.hpp"
#include "problem/host_problem.hpp"
#include "rankfill/error.hpp"

namespace rankfill {

namespace {

std::vector<double> centred_values(const Entries& entries, const Centering& centering) {
  std::vector<double> values(entries.values);
  for (std::size_t p = 0; p < values.size(); ++p) values[p] -= centering.at(entries.rows[p], entries.cols[p]);
  return values;
}

struct HostHoldout {
  HostCsr known;
  double unseen_squared_error = 0;
};

HostHoldout prepare_holdout(const Entries& holdout, const DataFacts& of_train, const CpuBackend& backend) {
  validate_entries(holdout, true, backend);
  require_same_shape(holdout, of_train.num_rows, of_train.num_cols);
  const std::vector<double> values = centred_values(holdout, of_train.centering);
  HostHoldout held{.known = sort_by_row(holdout, values, backend)};
  for (std::size_t p = 0; p < values.size(); ++p)
    if (holdout.rows[p] < 0 || holdout.cols[p] < 0) held.unseen_squared_error += values[p] * values[p];
  return held;
}

/// `E`: Entries or DeviceEntries.
template <class E>
void require_shape_of(const E& holdout, std::int64_t num_rows, std::int64_t num_cols) {
  if (holdout.num_rows != num_rows || holdout.num_cols != num_cols)
    throw InvalidData(holdout.source, 0,
                      "held-out data has shape " + std::to_string(holdout.num_rows) + " x " +
                          std::to_string(holdout.num_cols) + ", training data " + std::to_string(num_rows) + " x " +
                          std::to_string(num_cols) + ": they must agree");
}

}  // namespace

void require_same_shape(const Entries& holdout, std::int64_t num_rows, std::int64_t num_cols) {
  require_shape_of(holdout, num_rows, num_cols);
}

void require_same_shape(const DeviceEntries& holdout, std::int64_t num_rows, std::int64_t num_cols) {
  require_shape_of(holdout, num_rows, num_cols);
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
  if (holdout) {
    HostHoldout held = prepare_holdout(*holdout, problem, CpuBackend());
    problem.holdout = std::move(held.known);
    problem.num_holdout = holdout->size();
    problem.unseen_squared_error = held.unseen_squared_error;
  }
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

namespace {

/// An array per row offset, column index and value.
template <class T>
Csr<T, CpuBackend> empty_csr(CpuBackend& backend, std::int64_t num_rows, std::int64_t num_cols, std::int64_t size,
                             const char* purpose) {
  Csr<T, CpuBackend> m;
  m.num_rows = num_rows;
  m.num_cols = num_cols;
  m.num_entries = size;
  m.row_ptr = {backend, num_rows + 1, purpose};
  m.col_idx = {backend, size, purpose};
  m.values = {backend, size, purpose};
  return m;
}

std::span<std::int64_t> offsets_of(Buffer<std::int64_t, CpuBackend>& row_ptr) {
  return {row_ptr.data(), static_cast<std::size_t>(row_ptr.size())};
}

template <class T>
CsrSpan<T> span_of(Csr<T, CpuBackend>& m) {
  return {offsets_of(m.row_ptr), m.col_idx.data(), m.values.data()};
}

template <class T>
void transpose(const CpuBackend& backend, Csr<T, CpuBackend>& from, Csr<T, CpuBackend>& to) {
  const CsrSpan<T> m = span_of(from);
  transpose<T>(backend, CsrSpan<const T>{m.row_ptr, m.col_idx, m.values}, span_of(to));
}

/// to_p = value_p - offset_p, rounded to T; returns the sum of their squares before rounding.
template <class T>
double take_centred_values(const CpuBackend& backend, const Entries& train, const Centering& centering, T* to) {
  constexpr std::int64_t kAtOnce = std::int64_t{1} << 14;
  const std::int64_t blocks = (train.size() + kAtOnce - 1) / kAtOnce;
  std::vector<double> squares(static_cast<std::size_t>(blocks));
  for_tasks(backend, blocks, [&](std::int64_t block) {
    double sum = 0;
    const std::int64_t first = block * kAtOnce, last = std::min(train.size(), first + kAtOnce);
    for (auto p = static_cast<std::size_t>(first); p < static_cast<std::size_t>(last); ++p) {
      const double value = train.values[p] - centering.at(train.rows[p], train.cols[p]);
      to[p] = static_cast<T>(value);
      sum += value * value;
    }
    squares[static_cast<std::size_t>(block)] = sum;
  });
  return std::accumulate(squares.begin(), squares.end(), 0.0);
}

/// Both orders, and value_rms.  Bytes an entry at most, T of 4 bytes: 20 beside entries that are kept (16), or with those that
/// are given away; 16 stay.
template <class T>
void add_train(CpuBackend& backend, const TrainingEntries& train, Problem<T, CpuBackend>& p) {
  Csr<T, CpuBackend>&by_row = p.observations.by_row, &by_col = p.observations.by_col;
  const char *rows_purpose = "the entries by row", *cols_purpose = "the entries by column";
  Buffer<T, CpuBackend> values(backend, p.num_entries, rows_purpose);
  const double squares = take_centred_values(backend, *train, p.centering, values.data());
  p.value_rms = std::sqrt(squares / static_cast<double>(p.num_entries));
  train.done_with(&Entries::values);

  const bool sorted = is_sorted_by_row(backend, *train);
  if (sorted) {
    by_row.num_rows = p.num_rows;
    by_row.num_cols = p.num_cols;
    by_row.num_entries = p.num_entries;
    by_row.row_ptr = {backend, p.num_rows + 1, rows_purpose};
    find_row_starts(backend, train->rows, offsets_of(by_row.row_ptr));
    train.done_with(&Entries::rows);
    by_row.col_idx = {backend, train->cols, rows_purpose};
    train.done_with(&Entries::cols);
    by_row.values = std::move(values);
  }
  by_col = empty_csr<T>(backend, p.num_cols, p.num_rows, p.num_entries, cols_purpose);
  if (!sorted) {  // by column in whatever order, by row from that, then by column in order
    gather_by_col(backend, *train, values.data(), span_of(by_col));
    values = {};
    train.done_with(&Entries::rows);
    train.done_with(&Entries::cols);
    by_row = empty_csr<T>(backend, p.num_rows, p.num_cols, p.num_entries, rows_purpose);
    transpose(backend, by_col, by_row);
  }
  reject_duplicates(backend, offsets_of(by_row.row_ptr), by_row.col_idx.data(), *train);
  transpose(backend, by_row, by_col);
}

std::int64_t count_empty(const Buffer<std::int64_t, CpuBackend>& row_ptr) {
  const std::int64_t *ptr = row_ptr.data(), *last = ptr + row_ptr.size() - 1;
  std::int64_t empty = 0;
  for (; ptr < last; ++ptr) empty += ptr[0] == ptr[1];
  return empty;
}

}  // namespace

template <class T>
Problem<T, CpuBackend> prepare(CpuBackend& backend, const TrainingEntries& train, const Options& options,
                               const Entries* holdout) {
  validate_entries(*train, false, backend);
  Problem<T, CpuBackend> p;
  p.num_rows = train->num_rows;
  p.num_cols = train->num_cols;
  p.num_entries = train->size();
  p.centering = center(*train, options.center, options.bias_damping, backend);
  add_train(backend, train, p);
  p.empty_rows = count_empty(p.observations.by_row.row_ptr);
  p.empty_cols = count_empty(p.observations.by_col.row_ptr);
  complete(p, options);
  if (p.weighting > 0) {
    p.row_weights = {backend, detail::count_weights<T>(p.observations.by_row.row_ptr.download(), p.weighting),
                     "the row weights"};
    p.col_weights = {backend, detail::count_weights<T>(p.observations.by_col.row_ptr.download(), p.weighting),
                     "the column weights"};
  }
  if (holdout) {
    const HostHoldout held = prepare_holdout(*holdout, p, backend);
    p.holdout = detail::upload<T>(backend, held.known, options.rank, "the held-out entries");
    p.num_holdout = holdout->size();
    p.unseen_squared_error = held.unseen_squared_error;
  }
  use_formulation(backend, p, resolve(options.formulation, p.is_block));
  return p;
}

template Problem<float, CpuBackend> prepare(CpuBackend&, const TrainingEntries&, const Options&, const Entries*);
template Problem<double, CpuBackend> prepare(CpuBackend&, const TrainingEntries&, const Options&, const Entries*);

}  // namespace rankfill
