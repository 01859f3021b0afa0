// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/gradient_rows.hpp"
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
  std::vector<T> values = to.values.download();
  double squares = 0;
  std::int64_t used = 0;
  for (std::int64_t i = 0; i < to.num_rows; ++i) {
    const auto count = static_cast<double>(row_ptr[i + 1] - row_ptr[i]);
    used += count > 0;
    for (std::int64_t k = i * rank; k < (i + 1) * rank; ++k) {
      values[k] = static_cast<T>(-values[k] / (count + kSketchDamping));
      squares += double{values[k]} * double{values[k]};
    }
  }
  const double variance = problem.value_rms / std::sqrt(static_cast<double>(rank));
  if (const double wanted = variance * static_cast<double>(used) * rank; squares > 0)
    for (T& x : values) x = static_cast<T>(x * std::sqrt(wanted / squares));
  to.values.upload(values);
}

/// A start from the data: V <- R^T G, U <- R V, both scaled; G: the random start of U, which is in `at.row`.  Two passes.
template <class T, class B>
void sketch_start(B& backend, const Problem<T, B>& problem, Factors<T, B>& at) {
  sketch_factor(backend, problem, problem.observations.by_col, at.row, at.col);
  sketch_factor(backend, problem, problem.observations.by_row, at.col, at.row);
}

}  // namespace rankfill
