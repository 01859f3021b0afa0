// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/gradient_rows.hpp"
#include "kernels/regularize.hpp"
#include "kernels/update.hpp"
#include "problem/problem.hpp"

namespace rankfill {

/// d of Eq. 45.
inline constexpr double kSketchDamping = 20;

/// to_i = sum_j r_ij from_j / (n_i + d), then scaled to the spread of a random start.  docs/math.md Eq. 45.  With to = 0 the
/// residual is the data and the gradient is -sum_j r_ij from_j.  One pass; waits.
template <class T, class B>
void sketch_factor(B& backend, const Problem<T, B>& problem, const Csr<T, B>& m, const Factor<T, B>& from,
                   Factor<T, B>& to) {
  const int rank = to.rank;
  Factor<T, B> nothing(backend, to.num_rows, rank, "the sketch");
  nothing.values.fill_zero();
  Buffer<double, B> squared_error(backend, 1, "sums");
  gradient_rows(backend, m, nothing, from, Gather::full, to, squared_error);

  const std::vector<std::int64_t> row_ptr = m.row_ptr.download();
  std::vector<T> damped(static_cast<std::size_t>(to.num_rows));
  std::int64_t used = 0;
  for (std::size_t i = 0; i < damped.size(); ++i) {
    const auto count = static_cast<double>(row_ptr[i + 1] - row_ptr[i]);
    used += count > 0;
    damped[i] = static_cast<T>(1 / (count + kSketchDamping));
  }
  const Buffer<T, B> weights(backend, damped, "the sketch");
  Factor<T, B>& means = nothing;
  add_regularization(backend, -1, weights, to, means);  // means_i -= weight_i to_i
  const double squares = read_weighted_dot(backend, Buffer<T, B>(), 1, means, means);
  const double variance = problem.value_rms / std::sqrt(static_cast<double>(rank));
  const double wanted = variance * static_cast<double>(used) * rank;
  update(backend, squares > 0 ? std::sqrt(wanted / squares) : 1, means, 0, to);
}

/// A start from the data: V <- R^T G, U <- R V, both scaled; G: the random start of U, which is in `at.row`.  Two passes.
template <class T, class B>
void sketch_start(B& backend, const Problem<T, B>& problem, Factors<T, B>& at) {
  sketch_factor(backend, problem, problem.observations.by_col, at.row, at.col);
  sketch_factor(backend, problem, problem.observations.by_row, at.col, at.row);
}

}  // namespace rankfill
