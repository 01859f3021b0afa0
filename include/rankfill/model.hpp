// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "rankfill/entries.hpp"

namespace rankfill {

/// A dense row-major matrix of float or double: one factor.
struct FactorMatrix {
  std::int64_t num_rows = 0;
  int rank = 0;
  std::variant<std::vector<float>, std::vector<double>> values;  ///< num_rows * rank

  double operator()(std::int64_t row, int column) const;
  bool is_float32() const { return std::holds_alternative<std::vector<float>>(values); }
};

/// One recommended column and its predicted value.
struct Recommendation {
  std::int64_t col = 0;
  double value = 0;
};

/// What a fit gives: prediction(i, j) = mean + row_bias_i + col_bias_j + <u_i, v_j>.
///
/// A row or column unseen in training (index -1, or one with no entries) has a zero factor and a zero bias, so its
/// prediction is the mean plus the biases that are known.
struct Model {
  FactorMatrix row_factors;  ///< U, m x k
  FactorMatrix col_factors;  ///< V, n x k
  double mean = 0;
  std::vector<double> row_bias;  ///< m values, or empty: none
  std::vector<double> col_bias;  ///< n values, or empty: none
  Ids row_ids;
  Ids col_ids;
  std::string options_json = "{}";  ///< how it was made

  std::int64_t num_rows() const { return row_factors.num_rows; }
  std::int64_t num_cols() const { return col_factors.num_rows; }
  int rank() const { return row_factors.rank; }

  /// Prediction for one pair; -1 means unseen.  *Throws* InvalidData when an index is out of range.
  double predict(std::int64_t row, std::int64_t col) const;
  /// Predictions for many pairs; all spans have one length.  Parallel.
  void predict(std::span<const std::int32_t> rows, std::span<const std::int32_t> cols, std::span<double> out) const;

  /// The `count` columns with the highest prediction for a row, best first, ties by smaller index, leaving out `exclude`
  /// (any order).  *Throws* InvalidData when row is out of range.
  std::vector<Recommendation> recommend(std::int64_t row, int count, std::span<const std::int32_t> exclude = {}) const;
};

/// Writes one `.npz` that numpy.load opens: row_factors, col_factors, mean, row_bias, col_bias, row_ids, col_ids, options
/// (JSON text), format ("rankfill-model 1").  Written under a temporary name and renamed: an old file is replaced whole or
/// not at all.  *Throws* FileError.
void save_model(const Model& model, const std::filesystem::path& file);

/// *Throws* FileError, InvalidData (not a model, truncated, shapes that disagree).
Model load_model(const std::filesystem::path& file);

}  // namespace rankfill
