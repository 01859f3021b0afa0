// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "rankfill/model.hpp"

namespace rankfill {

/// How far a fit is from the *global* optimum over all ranks.  docs/math.md Eq. 25-31, and there what of it is proven.
/// lambda > 0.  Of the objective with the values and residuals as they are stored: with float32 factors both are rounded.
struct Certificate {
  double objective = 0;       ///< F(U,V)
  double dual_objective = 0;  ///< D(Y) <= the least objective over all ranks
  double relative_gap = 0;    ///< (F - D) / F: F is above the least objective by at most this fraction of F

  /// sigma_1(R) / lambda, R the residual matrix (with nu > 0: its rows and columns divided by sqrt(n_i^nu)), from below;
  /// <= 1 at a global optimum.
  double spectral_norm_ratio = 0;
  double spectral_norm_bound = 0;  ///< the same with the margin of the computation: what the dual point is scaled by
  int lanczos_steps = 0;           ///< products with R^T R that it took

  int rank = 0;
  int effective_rank = 0;  ///< singular values of U V^T (with nu > 0: scaled likewise) above 1e-6 of the largest

  /// One more column can lower F by at least this fraction of F, as long as sigma_1(R) > lambda; else 0.
  double next_column_gain = 0;
  /// The point is nearly stationary and uses all its columns, and sigma_1(R) > lambda in a direction that they do not hold: no
  /// further iteration at this rank will find it, one more column does.
  bool rank_too_small = false;
  /// Then: columns that lower F when they are appended to the factors, one or several; their step is the best there is.
  FactorMatrix next_row_columns, next_col_columns;
  double relative_gradient = 0;  ///< of the point, Eq. 5
};

/// "within 0.21 % of the global optimum over all ranks (effective rank 89 of 96)", or why it is not, and what helps.
std::string describe(const Certificate& certificate);

}  // namespace rankfill
