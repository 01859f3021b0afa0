// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "kernels/als_half.hpp"
#include "solvers/half_sweeps.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// Alternating least squares.  docs/math.md Eq. 12-13; Zhou et al. 2008 for the weighted lambda.
/// Each half lowers the objective.  Solved to rounding, it leaves no gradient of its own side, and the next half sees the rest
/// on the way: monitoring is free.  With cg_steps, or Gram matrices of float16 copies, the table's gradient is that of U alone;
/// Run measures the whole one before it stops.
/// Traffic per sweep: one gathered factor row per entry in each half; two passes.
template <class T, class B>
class Als {
 public:
  Als(B& backend, Problem<T, B>& problem, int rank, const AlsOptions& options)
      : backend_(backend),
        problem_(problem),
        control_(half_sweep_control(problem, rank, options.cg_steps)),
        sums_(backend, kHalfSweepSums + kFactorDots, "sums"),
        col_sums_(backend, kHalfSweepSums, "sums") {}

  Step iterate(Factors<T, B>& at) {
    if (!here_) {
      enqueue_norms(backend_, problem_, at, sums_, kHalfSweepSums);
      here_ = norms(problem_, sums_.download().data() + kHalfSweepSums);
    }

    backend_.repeat(recording_, {at.row.values.data(), at.col.values.data()}, [&] {
      // u_i <- argmin, V held
      als_half(backend_, problem_.observations.by_row, problem_.lambda, problem_.row_weights, at.col, control_, at.row,
               sums_);
      // v_j <- argmin, U held
      als_half(backend_, problem_.observations.by_col, problem_.lambda, problem_.col_weights, at.row, control_, at.col,
               col_sums_);
      enqueue_norms(backend_, problem_, at, sums_, kHalfSweepSums);
    });

    const std::vector<double> sums = sums_.download();  // the only wait
    const Norms left = *here_;
    here_ = norms(problem_, sums.data() + kHalfSweepSums);
    const HalfSweep rows{.squared_error = sums[0], .gradient_norm_squared = sums[1], .decrease = sums[2]};
    return {.before = {.squared_error = rows.squared_error,
                       .penalty = left.penalty,
                       .gradient_norm = std::sqrt(rows.gradient_norm_squared),
                       .gradient_scale = left.gradient_scale},
            .passes = 2,
            .finite = here_->finite};
  }

 private:
  B& backend_;
  Problem<T, B>& problem_;
  HalfSweepControl control_;
  Buffer<double, B> sums_;      ///< of the half-sweep over rows, then the norms of the point that the sweep makes
  Buffer<double, B> col_sums_;  ///< of the half-sweep over columns
  typename B::Recording recording_;
  std::optional<Norms> here_;  ///< of the point between two calls
};

}  // namespace rankfill
