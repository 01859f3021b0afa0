// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <vector>

#include "kernels/covariance.hpp"
#include "kernels/precondition.hpp"
#include "problem/problem.hpp"
#include "solvers/eigenbasis.hpp"

namespace rankfill {

/// The row systems of ALS with every row's own Gram matrix replaced by the mean one.  docs/math.md Eq. 32
///     A_i = n_i C + lambda w_i I,      C = 1/N sum_j n'_j v_j v_j^T
/// All rows share the eigenvectors of C, so no system is formed: two products with a k x k matrix solve for all rows of a factor.
template <class T, class B>
class Preconditioner {
 public:
  Preconditioner(B& backend, const Problem<T, B>& problem, int rank)
      : backend_(backend),
        problem_(problem),
        covariance_(backend, std::int64_t{rank} * rank, "the covariance of a factor"),
        of_rows_(backend, rank),
        of_cols_(backend, rank) {}

  /// Takes the systems of both factors from the point.  Waits.
  void refresh(const Factors<T, B>& at) {
    refresh_rows(at.col);
    refresh_cols(at.row);
  }
  /// Takes those of U from V, and the other way round.  Waits.
  void refresh_rows(const Factor<T, B>& v) { take(problem_.observations.by_col, v, of_rows_); }
  void refresh_cols(const Factor<T, B>& u) { take(problem_.observations.by_row, u, of_cols_); }

  /// g <- A^-1 g
  void apply(Factors<T, B>& g) const {
    apply_rows(g.row);
    apply_cols(g.col);
  }
  void apply_rows(Factor<T, B>& g) const {
    precondition(backend_, problem_.observations.by_row, problem_.lambda, problem_.row_weights, of_rows_, g);
  }
  void apply_cols(Factor<T, B>& g) const {
    precondition(backend_, problem_.observations.by_col, problem_.lambda, problem_.col_weights, of_cols_, g);
  }

 private:
  void take(const Csr<T, B>& m, const Factor<T, B>& x, Eigenbasis<T, B>& basis) {
    covariance(backend_, m, x, covariance_);
    const std::vector<T> c = covariance_.download();
    SymmetricEigen eigen = symmetric_eigen({c.begin(), c.end()}, x.rank);
    raise_to_rounding(eigen.values, std::numeric_limits<T>::epsilon());
    basis.vectors.upload({eigen.vectors.begin(), eigen.vectors.end()});
    basis.values.upload({eigen.values.begin(), eigen.values.end()});
  }

  B& backend_;
  const Problem<T, B>& problem_;
  Buffer<T, B> covariance_;
  Eigenbasis<T, B> of_rows_, of_cols_;
};

}  // namespace rankfill
