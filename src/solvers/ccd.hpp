// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/coordinate_rows.hpp"
#include "kernels/residual.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// Cyclic coordinate descent by rank-one sweeps (CCD++).  docs/math.md Eq. 36-37; Yu, Hsieh, Si, Dhillon 2012.
/// Every coordinate moves to its minimiser, all rows at once and then all columns, so the objective never rises.
/// The residual is stored in both orders.  What one half does to it is applied to the other order by the next half, with the
/// gather that this needs anyway.
/// Traffic per iteration: 4 passes per inner step and those of the gradient, which the sweep does not give; the residuals are
/// read and written 2 rank times per inner step, at low ranks most of the work.
template <class T, class B>
class Ccd {
 public:
  Ccd(B& backend, Problem<T, B>& problem, int rank, const CcdOptions& options)
      : backend_(backend),
        problem_(problem),
        inner_steps_(options.inner_steps),
        gradient_(backend, problem),
        g_(backend, problem.num_rows, problem.num_cols, rank, "the gradient"),
        row_residual_(backend, problem.num_entries, "the residual by row"),
        col_residual_(backend, problem.num_entries, "the residual by column"),
        row_moves_(backend, problem.num_rows, "the rows' moves"),
        col_moves_(backend, problem.num_cols, "the columns' moves") {}

  Step iterate(Factors<T, B>& at) {
    Step step;
    step.passes = gradient_.passes() + 4 * inner_steps_;
    if (iteration_++ % kSweepsPerResidual == 0) {
      form_residuals(at);
      step.passes += 2;
    }
    step.before = gradient_.measure(at, g_);

    const int rank = at.row.rank;
    const Csr<T, B>&by_row = problem_.observations.by_row, &by_col = problem_.observations.by_col;
    for (int r = 0; r < rank; ++r)
      for (int inner = 1; inner <= inner_steps_; ++inner) {
        // u_ir <- argmin for all i
        coordinate_rows(backend_, by_row, problem_.lambda, problem_.row_weights, {moved_, r, r}, col_moves_,
                        row_residual_, at.row, row_moves_);
        // v_jr <- argmin for all j
        const int next = inner < inner_steps_ ? r : (r + 1) % rank;
        coordinate_rows(backend_, by_col, problem_.lambda, problem_.col_weights, {r, r, next}, row_moves_,
                        col_residual_, at.col, col_moves_);
        moved_ = r;
      }
    return step;
  }

 private:
  void form_residuals(const Factors<T, B>& at) {
    residual(backend_, problem_.observations.by_row, at.row, at.col, row_residual_);
    residual(backend_, problem_.observations.by_col, at.col, at.row, col_residual_);
    start_moves(backend_, at.col, 0, col_moves_);
    moved_ = 0;
  }

  static constexpr int kSweepsPerResidual = 10;  ///< so that roundings do not pile up

  B& backend_;
  Problem<T, B>& problem_;
  int inner_steps_;
  Gradient<T, B> gradient_;
  Factors<T, B> g_;
  Buffer<T, B> row_residual_, col_residual_;  ///< by row: but for the last move of the columns
  Buffer<Move<T>, B> row_moves_, col_moves_;
  int moved_ = 0;  ///< the coordinate of col_moves_' steps
  int iteration_ = 0;
};

}  // namespace rankfill
