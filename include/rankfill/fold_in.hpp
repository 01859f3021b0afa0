// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "rankfill/entries.hpp"
#include "rankfill/model.hpp"

namespace rankfill {

/// What fold_in() is told: as in Options, and best as the model was fitted with.
struct FoldInOptions {
  double regularization = 0;  ///< lambda >= 0
  double weighting = 0;       ///< nu in [0, 1]
  double bias_damping = 5;    ///< >= 0; for models with biases
  int threads = 0;            ///< CPU threads, at most 1024; 0: all
};

/// Rows that a model has not been fitted to.
struct FoldedRows {
  FactorMatrix row_factors;      ///< one row for each of the entries' rows, in the model's precision
  std::vector<double> row_bias;  ///< one each, or empty where the model has none
  std::int64_t unknown = 0;      ///< entries whose column is -1: left out
};

/// Factors of new rows with everything of the model held: the row half of one ALS sweep, in float64 on the CPU.  Row i
/// minimises  1/2 sum_j (m_ij - mean - b_i - b_j - <u, v_j>)^2 + lambda/2 n_i^nu |u|^2  (docs/math.md Eq. 12), its bias b_i
/// the damped mean of m_ij - mean - b_j first.  A row without entries gets zeros.
///
/// The columns of `rows` are the model's, or -1: never seen; its rows are any number of new ones.
/// *Throws* InvalidOption, InvalidData (shape, index, value, a pair given twice).
FoldedRows fold_in(const Model& model, const Entries& rows, const FoldInOptions& options);

}  // namespace rankfill
