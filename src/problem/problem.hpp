// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "problem/center.hpp"
#include "problem/narrow.hpp"
#include "problem/row_plan.hpp"
#include "problem/sort.hpp"
#include "problem/start.hpp"
#include "rankfill/error.hpp"
#include "rankfill/options.hpp"

namespace rankfill {

/// Everything about the data that does not depend on backend or scalar: validated, centred, sorted.  The only place where
/// shapes, ranges, duplicates and NaN are checked, so kernels need not.
struct HostProblem {
  HostCsr by_row, by_col;  ///< centred values
  Centering centering;
  double value_rms = 0;  ///< sqrt(mean centred value squared)
  double lambda = 0;
  double weighting = 0;
  std::int64_t empty_rows = 0, empty_cols = 0;
  bool is_block = false;  ///< Omega = I x J, I and J the rows and columns with entries

  HostCsr holdout;                  ///< held-out entries whose row and column are known, centred; empty: none
  std::int64_t num_holdout = 0;     ///< with the unseen ones
  double unseen_squared_error = 0;  ///< of held-out entries with an unseen index: predicted by mean and known biases

  std::int64_t num_entries() const { return static_cast<std::int64_t>(by_row.values.size()); }
};

/// *Throws* InvalidData, InvalidOption (formulation block asked for and Omega is none).
HostProblem prepare_on_host(const Entries& train, const Options& options, const Entries* holdout);

/// docs/math.md Eq. 4.
double automatic_regularization(const HostProblem& problem);

/// The formulation that `automatic` means for this problem.
Formulation resolve(Formulation asked, bool is_block);

/// The problem on a backend, in the solver's scalar.  Immutable but for the block's scratch.
template <class T, class B>
struct Problem {
  std::int64_t num_rows = 0, num_cols = 0, num_entries = 0;
  Observations<T, B> observations;
  Buffer<T, B> row_weights, col_weights;  ///< n_i^nu; empty when nu = 0
  Block<T, B> block;
  double lambda = 0;
  double value_rms = 0;
  Formulation formulation = Formulation::entries;
  Gather gather = Gather::full;  ///< of the ALS half-sweeps

  Csr<T, B> holdout;
  std::int64_t num_holdout = 0;
  double unseen_squared_error = 0;
};

namespace detail {

template <class T>
std::vector<T> cast(const std::vector<double>& from) {
  return std::vector<T>(from.begin(), from.end());
}

/// Columns and values as narrow as they can be without loss.
template <class T, class B>
void upload_entries_narrow(B& backend, const HostCsr& m, const char* purpose, Csr<T, B>& csr) {
  if (m.num_cols <= 65536)
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
    const PlanLengths g = gradient_plan_lengths(), s = solve_plan_lengths(rank, csr.num_entries);
    csr.gradient_plan = upload_plan(backend, plan_rows(m.row_ptr, g.chunk, g.short_row));
    csr.solve_plan = upload_plan(backend, plan_rows(m.row_ptr, s.chunk, s.short_row));
  } else {
    csr.col_idx = {backend, m.col_idx, purpose};
    csr.values = {backend, cast<T>(m.values), purpose};
  }
  return csr;
}

/// n_i^nu per row; 0 for a row with no entries, whose factor is 0 by rule.
template <class T>
std::vector<T> count_weights(const HostCsr& m, double nu) {
  std::vector<T> weights(static_cast<std::size_t>(m.num_rows));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto count = static_cast<double>(m.row_ptr[i + 1] - m.row_ptr[i]);
    weights[i] = count > 0 ? static_cast<T>(std::pow(count, nu)) : T{0};
  }
  return weights;
}

inline std::vector<std::int32_t> non_empty_rows(const HostCsr& m) {
  std::vector<std::int32_t> rows;
  for (std::size_t i = 0; i + 1 < m.row_ptr.size(); ++i)
    if (m.row_ptr[i] < m.row_ptr[i + 1]) rows.push_back(static_cast<std::int32_t>(i));
  return rows;
}

/// M on rows x cols, row-major; NaN where not observed.
template <class T>
std::vector<T> dense_values(const HostCsr& m, const std::vector<std::int32_t>& rows,
                            const std::vector<std::int32_t>& cols) {
  std::vector<std::size_t> place(static_cast<std::size_t>(m.num_cols));
  for (std::size_t j = 0; j < cols.size(); ++j) place[static_cast<std::size_t>(cols[j])] = j;
  std::vector<T> values(rows.size() * cols.size(), std::numeric_limits<T>::quiet_NaN());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<std::size_t>(rows[i]);
    for (auto p = static_cast<std::size_t>(m.row_ptr[row]); p < static_cast<std::size_t>(m.row_ptr[row + 1]); ++p)
      values[i * cols.size() + place[static_cast<std::size_t>(m.col_idx[p])]] = static_cast<T>(m.values[p]);
  }
  return values;
}

inline std::vector<std::int32_t> row_of_each_entry(const HostCsr& m) {
  std::vector<std::int32_t> rows(m.values.size());
  for (std::size_t i = 0; i + 1 < m.row_ptr.size(); ++i)
    std::fill(rows.begin() + m.row_ptr[i], rows.begin() + m.row_ptr[i + 1], static_cast<std::int32_t>(i));
  return rows;
}

}  // namespace detail

/// Uploads what `formulation` and `rank` need.
template <class T, class B>
Problem<T, B> upload_problem(B& backend, const HostProblem& host, int rank, Formulation formulation,
                             bool needs_row_idx) {
  Problem<T, B> p;
  p.num_rows = host.by_row.num_rows;
  p.num_cols = host.by_row.num_cols;
  p.num_entries = host.num_entries();
  p.lambda = host.lambda;
  p.value_rms = host.value_rms;
  p.formulation = formulation;
  p.observations.by_row = detail::upload<T>(backend, host.by_row, rank, "the entries by row");
  p.observations.by_col = detail::upload<T>(backend, host.by_col, rank, "the entries by column");
  if (needs_row_idx)
    p.observations.row_idx = {backend, detail::row_of_each_entry(host.by_row), "the row of each entry"};
  if (host.weighting > 0) {
    p.row_weights = {backend, detail::count_weights<T>(host.by_row, host.weighting), "the row weights"};
    p.col_weights = {backend, detail::count_weights<T>(host.by_col, host.weighting), "the column weights"};
  }
  if (formulation == Formulation::block || formulation == Formulation::dense) {
    const auto rows = detail::non_empty_rows(host.by_row), cols = detail::non_empty_rows(host.by_col);
    p.block.num_rows = static_cast<std::int64_t>(rows.size());
    p.block.num_cols = static_cast<std::int64_t>(cols.size());
    p.block.rows = {backend, rows, "the block's rows"};
    p.block.cols = {backend, cols, "the block's columns"};
    p.block.values = {backend, detail::dense_values<T>(host.by_row, rows, cols), "the block"};
    p.block.residual = {backend, p.block.values.size(), "the block's residual"};
  }
  if (host.num_holdout > 0) {
    p.holdout = detail::upload<T>(backend, host.holdout, rank, "the held-out entries");
    p.num_holdout = host.num_holdout;
    p.unseen_squared_error = host.unseen_squared_error;
  }
  return p;
}

}  // namespace rankfill
