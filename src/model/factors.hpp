// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "rankfill/model.hpp"

namespace rankfill {

/// A model's numbers as plain pointers, for loops over many predictions.
template <class U, class V>
struct Predictor {
  const U* row_factors = nullptr;
  const V* col_factors = nullptr;
  const double* row_bias = nullptr;  ///< nullptr: none
  const double* col_bias = nullptr;
  double mean = 0;
  int rank = 0;

  /// mean + row_bias_i + col_bias_j + <u_i, v_j>, summed in double in the order of the columns.  -1: unseen.
  double operator()(std::int64_t row, std::int64_t col) const {
    double sum = mean;
    if (row_bias && row >= 0) sum += row_bias[row];
    if (col_bias && col >= 0) sum += col_bias[col];
    if (row < 0 || col < 0) return sum;
    const U* u = row_factors + row * rank;
    const V* v = col_factors + col * rank;
    double dot = 0;
    for (int t = 0; t < rank; ++t) dot += static_cast<double>(u[t]) * static_cast<double>(v[t]);
    return sum + dot;
  }
};

/// Calls body(Predictor) with the types the model holds.  The model must outlive the call.
template <class Body>
auto with_predictor(const Model& model, const Body& body) {
  return std::visit(
      [&](const auto& u, const auto& v) {
        return body(
            Predictor<typename std::decay_t<decltype(u)>::value_type, typename std::decay_t<decltype(v)>::value_type>{
                u.data(), v.data(), model.row_bias.empty() ? nullptr : model.row_bias.data(),
                model.col_bias.empty() ? nullptr : model.col_bias.data(), model.mean, model.rank()});
      },
      model.row_factors.values, model.col_factors.values);
}

/// *Throws* InvalidData unless lowest <= index < count.  `what` is "row" or "column".
void require_index(const char* what, std::int64_t index, std::int64_t count, std::int64_t lowest = -1);

}  // namespace rankfill
