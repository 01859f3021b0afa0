// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "problem/narrow.hpp"
#include "problem/problem.hpp"
#include "problem/row_plan.hpp"
#include "problem/sort.hpp"
#include "problem/start.hpp"

namespace rankfill {

/// A problem that no backend holds yet, in float64: validated, centred, sorted.
struct HostProblem : DataFacts {
  HostCsr by_row, by_col;           ///< centred values
  HostCsr holdout;                  ///< held-out entries whose row and column are known, centred; empty: none
  std::int64_t num_holdout = 0;     ///< with the unseen ones
  double unseen_squared_error = 0;  ///< of held-out entries with an unseen index: predicted by mean and known biases
};

/// *Throws* InvalidData, InvalidOption (formulation block asked for and Omega is none).
HostProblem prepare_on_host(const Entries& train, const Options& options, const Entries* holdout);

/// *Throws* InvalidData: the held-out data have another shape than the training data.
void require_same_shape(const Entries& holdout, std::int64_t num_rows, std::int64_t num_cols);
void require_same_shape(const DeviceEntries& holdout, std::int64_t num_rows, std::int64_t num_cols);

namespace detail {

template <class T>
std::vector<T> cast(const std::vector<double>& from) {
  return std::vector<T>(from.begin(), from.end());
}

/// Columns and values as narrow as they can be without loss.
template <class T, class B>
void upload_entries_narrow(B& backend, const HostCsr& m, const char* purpose, Csr<T, B>& csr) {
  if (m.num_cols <= kNarrowCols)
    csr.narrow_col_idx = {backend, std::vector<std::uint16_t>(m.col_idx.begin(), m.col_idx.end()), purpose};
  else
    csr.col_idx = {backend, m.col_idx, purpose};
  const auto coding = find_coding<T>(m.values);
  if (!coding) {
    csr.values = {backend, cast<T>(m.values), purpose};
    return;
  }
  csr.code_offset = coding->offset;
  csr.code_step = coding->step;
  const auto codes = [&](auto width) {
    std::vector<decltype(width)> c(m.values.size());
    std::transform(m.values.begin(), m.values.end(), c.begin(),
                   [&](double value) { return static_cast<decltype(width)>(coding->code(value)); });
    return c;
  };
  if (coding->largest <= 255)
    csr.codes8 = {backend, codes(std::uint8_t{}), purpose};
  else
    csr.codes16 = {backend, codes(std::uint16_t{}), purpose};
}

/// `rank`: what the row plans are made for.
template <class T, class B>
Csr<T, B> upload(B& backend, const HostCsr& m, int rank, const char* purpose) {
  Csr<T, B> csr;
  csr.num_rows = m.num_rows;
  csr.num_cols = m.num_cols;
  csr.num_entries = static_cast<std::int64_t>(m.values.size());
  csr.row_ptr = {backend, m.row_ptr, purpose};
  if constexpr (B::kPlansRows) {
    upload_entries_narrow(backend, m, purpose, csr);
    add_row_plans(backend, m.row_ptr, rank, csr);
  } else {
    csr.col_idx = {backend, m.col_idx, purpose};
    csr.values = {backend, cast<T>(m.values), purpose};
  }
  return csr;
}

/// n_i^nu per row; 0 for a row with no entries, whose factor is 0 by rule.
template <class T>
std::vector<T> count_weights(const std::vector<std::int64_t>& row_ptr, double nu) {
  std::vector<T> weights(row_ptr.size() - 1);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto count = static_cast<double>(row_ptr[i + 1] - row_ptr[i]);
    weights[i] = count > 0 ? static_cast<T>(std::pow(count, nu)) : T{0};
  }
  return weights;
}

}  // namespace detail

/// Uploads what `formulation` and `rank` need, in the order of the indices.  Makes the problems of kernel tests and benchmarks;
/// prepare() does without the copies in float64.
template <class T, class B>
Problem<T, B> upload_problem(B& backend, const HostProblem& host, int rank, Formulation formulation,
                             bool needs_row_idx) {
  Problem<T, B> p;
  static_cast<DataFacts&>(p) = host;
  p.observations.by_row = detail::upload<T>(backend, host.by_row, rank, "the entries by row");
  p.observations.by_col = detail::upload<T>(backend, host.by_col, rank, "the entries by column");
  if (host.weighting > 0) {
    p.row_weights = {backend, detail::count_weights<T>(host.by_row.row_ptr, host.weighting), "the row weights"};
    p.col_weights = {backend, detail::count_weights<T>(host.by_col.row_ptr, host.weighting), "the column weights"};
  }
  if (host.num_holdout > 0) {
    p.holdout = detail::upload<T>(backend, host.holdout, rank, "the held-out entries");
    p.num_holdout = host.num_holdout;
    p.unseen_squared_error = host.unseen_squared_error;
  }
  if (needs_row_idx) use_formulation(backend, p, Formulation::scatter);
  use_formulation(backend, p, formulation);
  return p;
}

}  // namespace rankfill
