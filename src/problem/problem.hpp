// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "backend/backend.hpp"
#include "kernels/expand.hpp"
#include "problem/center.hpp"
#include "rankfill/options.hpp"

namespace rankfill {

/// What is known of the data as a whole, whatever backend holds it.
struct DataFacts {
  std::int64_t num_rows = 0, num_cols = 0, num_entries = 0;
  std::int64_t empty_rows = 0, empty_cols = 0;
  bool is_block = false;  ///< Omega = I x J, I and J the rows and columns with entries
  Centering centering;
  double value_rms = 0;  ///< sqrt(mean centred value squared)
  double lambda = 0;
  double weighting = 0;
};

/// Fills in what follows from shape, counts and value_rms: is_block, weighting, lambda.
/// *Throws* InvalidOption: formulation block asked for, and Omega is none.
void complete(DataFacts& facts, const Options& options);

/// docs/math.md Eq. 4.
double automatic_regularization(const DataFacts& facts);

/// The formulation that `automatic` means for this problem.
Formulation resolve(Formulation asked, bool is_block);

/// The problem on a backend, in the solver's scalar: made by prepare(), immutable but for the block's scratch.
/// Rows and columns may be stored in an order of the backend's own, which concerns whoever brings in or takes out something by
/// index: the start, the factors of the model.
template <class T, class B>
struct Problem : DataFacts {
  Observations<T, B> observations;
  Buffer<std::int32_t, B> row_order, col_order;  ///< place -> index in the data; empty: the same
  Buffer<T, B> row_weights, col_weights;         ///< n_i^nu; empty when nu = 0
  Block<T, B> block;
  Formulation formulation = Formulation::entries;
  Gather gather = Gather::full;  ///< of the ALS half-sweeps

  Csr<T, B> holdout;                ///< held-out entries whose row and column are known
  std::int64_t num_holdout = 0;     ///< with the unseen ones
  double unseen_squared_error = 0;  ///< of held-out entries with an unseen index: predicted by mean and known biases
};

namespace detail {

inline std::vector<std::int32_t> non_empty_rows(const std::vector<std::int64_t>& row_ptr) {
  std::vector<std::int32_t> rows;
  for (std::size_t i = 0; i + 1 < row_ptr.size(); ++i)
    if (row_ptr[i] < row_ptr[i + 1]) rows.push_back(static_cast<std::int32_t>(i));
  return rows;
}

/// M on the rows and columns with entries.
template <class T, class B>
Block<T, B> make_block(B& backend, const Observations<T, B>& observations) {
  const Csr<T, B>& m = observations.by_row;
  const auto rows = non_empty_rows(m.row_ptr.download()), cols = non_empty_rows(observations.by_col.row_ptr.download());
  std::vector<std::int32_t> place(static_cast<std::size_t>(m.num_cols));
  for (std::size_t j = 0; j < cols.size(); ++j) place[static_cast<std::size_t>(cols[j])] = static_cast<std::int32_t>(j);
  const Buffer<std::int32_t, B> col_place(backend, place, "the block's columns");
  Block<T, B> block;
  block.num_rows = static_cast<std::int64_t>(rows.size());
  block.num_cols = static_cast<std::int64_t>(cols.size());
  block.rows = {backend, rows, "the block's rows"};
  block.cols = {backend, cols, "the block's columns"};
  block.values = {backend, block.num_rows * block.num_cols, "the block"};
  block.residual = {backend, block.values.size(), "the block's residual"};
  fill_block(backend, m, col_place, block);
  return block;
}

}  // namespace detail

/// Sets the formulation of a problem and adds what it needs beyond the two orders, unless that is there.
template <class T, class B>
void use_formulation(B& backend, Problem<T, B>& problem, Formulation formulation) {
  problem.formulation = formulation;
  Buffer<std::int32_t, B>& row_idx = problem.observations.row_idx;
  if (formulation == Formulation::scatter && row_idx.empty()) {
    row_idx = {backend, problem.num_entries, "the row of each entry"};
    row_of_each_entry(backend, problem.observations.by_row, row_idx);
  }
  if ((formulation == Formulation::block || formulation == Formulation::dense) && problem.block.empty())
    problem.block = detail::make_block(backend, problem.observations);
}

}  // namespace rankfill
