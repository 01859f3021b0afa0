// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "kernels/als_half.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// Alternating least squares.  docs/math.md Eq. 12-13; Zhou et al. 2008 for the weighted lambda.
/// Each half solves its rows exactly, so the objective never rises.  After a sweep the gradient with respect to V is zero up
/// to rounding, and the next half over U sees its own gradient on the way: monitoring is free.
/// Traffic per sweep: one gathered factor row per entry in each half; two passes.
template <class T, class B>
class Als {
 public:
  Als(B& backend, Problem<T, B>& problem, int rank, const AlsOptions& options)
      : backend_(backend),
        problem_(problem),
        control_{problem.gather, options.cg_steps >= 0 ? options.cg_steps : B::automatic_cg_steps(rank)},
        row_sums_(backend, kHalfSweepSums, "sums"),
        col_sums_(backend, kHalfSweepSums, "sums") {}

  Step iterate(Factors<T, B>& at) {
    Step step;
    step.passes = 2;
    step.before.penalty = penalty(backend_, problem_, at);
    step.before.gradient_scale = gradient_scale(backend_, problem_, at);

    // u_i <- argmin, V held
    als_half(backend_, problem_.observations.by_row, problem_.lambda, problem_.row_weights, at.col, control_, at.row,
             row_sums_);
    // v_j <- argmin, U held
    als_half(backend_, problem_.observations.by_col, problem_.lambda, problem_.col_weights, at.row, control_, at.col,
             col_sums_);

    const HalfSweep rows = read_half_sweep(row_sums_);
    step.before.squared_error = rows.squared_error;
    step.before.gradient_norm = std::sqrt(rows.gradient_norm_squared);
    return step;
  }

 private:
  B& backend_;
  Problem<T, B>& problem_;
  HalfSweepControl control_;
  Buffer<double, B> row_sums_, col_sums_;
};

}  // namespace rankfill
