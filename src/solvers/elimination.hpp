// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

#include "kernels/als_half.hpp"
#include "solvers/half_sweeps.hpp"
#include "solvers/gradient.hpp"

namespace rankfill {

/// The problem with the factor of more rows ("inner") eliminated, a function of the other ("outer") alone.  docs/math.md Eq. 21:
///     phi(V) = min_U F(U, V),      grad phi(V) = dF/dV at (U(V), V)
/// One ALS half evaluates phi, and the other half gives its gradient: whoever descends on phi pays for ALS sweeps.
template <class T, class B>
class Elimination {
 public:
  Elimination(B& backend, Problem<T, B>& problem, int rank, int cg_steps)
      : backend_(backend),
        problem_(problem),
        rows_are_inner_(problem.num_rows >= problem.num_cols),
        control_(half_sweep_control(problem, rank, cg_steps)),
        sums_(backend, kHalfSweepSums + kFactorDots, "sums") {}

  std::int64_t outer_rows() const { return rows_are_inner_ ? problem_.num_cols : problem_.num_rows; }
  std::int64_t inner_rows() const { return rows_are_inner_ ? problem_.num_rows : problem_.num_cols; }
  Factor<T, B>& inner(Factors<T, B>& at) const { return rows_are_inner_ ? at.row : at.col; }
  Factor<T, B>& outer(Factors<T, B>& at) const { return rows_are_inner_ ? at.col : at.row; }
  const Csr<T, B>& by_outer() const {
    return rows_are_inner_ ? problem_.observations.by_col : problem_.observations.by_row;
  }
  const Buffer<T, B>& outer_weights() const { return rows_are_inner_ ? problem_.col_weights : problem_.row_weights; }

  /// inner <- argmin.  Returns F after it: what it was before, less the decrease.  One pass; waits.
  double solve_inner(Factors<T, B>& at) {
    const HalfSweep half = solve(rows_are_inner_, at);
    return half.squared_error / 2 + norms_.penalty - half.decrease;
  }

  /// outer <- argmin.  Returns what it saw before: at a point where inner is argmin, that gradient is all there is.
  /// One pass; waits.
  Measure solve_outer(Factors<T, B>& at) {
    const HalfSweep half = solve(!rows_are_inner_, at);
    return {.squared_error = half.squared_error,
            .penalty = norms_.penalty,
            .gradient_norm = std::sqrt(half.gradient_norm_squared),
            .gradient_scale = norms_.gradient_scale};
  }

  /// What rounding leaves open of an objective.
  static double noise(double objective) { return 4 * double{std::numeric_limits<T>::epsilon()} * objective; }

 private:
  HalfSweep solve(bool rows, Factors<T, B>& at) {
    enqueue_norms(backend_, problem_, at, sums_, kHalfSweepSums);
    const auto& observations = problem_.observations;
    if (rows)
      als_half(backend_, observations.by_row, problem_.lambda, problem_.row_weights, at.col, control_, at.row, sums_);
    else
      als_half(backend_, observations.by_col, problem_.lambda, problem_.col_weights, at.row, control_, at.col, sums_);
    const std::vector<double> sums = sums_.download();
    norms_ = norms(problem_, sums.data() + kHalfSweepSums);
    return {sums[0], sums[1], sums[2]};
  }

  B& backend_;
  Problem<T, B>& problem_;
  bool rows_are_inner_;
  HalfSweepControl control_;
  Buffer<double, B> sums_;  ///< of a half-sweep, then the norms of the point before it
  Norms norms_;
};

}  // namespace rankfill
