// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// What one half of a rank-one sweep needs of a row that is held: side by side, so that an entry gathers both at once.
template <class T>
struct alignas(2 * sizeof(T)) Move {
  T step;    ///< by how much it was moved last
  T number;  ///< its number along the coordinate at hand
};

/// The coordinates, 0..rank - 1, that a call works on.
struct Turn {
  int moved;   ///< along which the held factor was moved last
  int here;    ///< which is minimised over
  int follow;  ///< whose numbers are left for the call that comes next
};

/// Every row of u <- its minimiser along one coordinate, the other factor held; the residuals follow.  docs/math.md Eq. 36-37
///     e_j -= u_iq d_j                        q = moved, d_j = held[j].step: what the held factor did since the last call
///     t_i = (sum_{j in S_i} e_j y_j - lambda w_i u_ir) / (sum_{j in S_i} y_j^2 + lambda w_i)        r = here, y_j = held[j].number
///     u_ir += t_i,  e_j -= t_i y_j,  left[i] = {t_i, u_is}        s = follow
/// held  num_cols    e  num_entries, in the order of m.values: must be the residual but for the held factor's step    left  num_rows,
/// overwritten, not held.  t_i = 0 where the denominator is 0; a row without entries gets u_ir = 0.
/// Of m, rows and columns are read, values are not.  Serves both orders: pass by_col with its own residual, and v for u.
/// Sums of a row in T in a fixed order, every row owned by one worker: same bits every time.
/// 2 / rank of a pass: one Move is gathered per entry, twice, the second time from near.  Enqueues; does not wait.
/// CUDA: m has a gradient_plan.
template <class T>
void coordinate_rows(CpuBackend&, const Csr<T, CpuBackend>& m, double lambda, const Buffer<T, CpuBackend>& weights,
                     const Turn& turn, const Buffer<Move<T>, CpuBackend>& held, Buffer<T, CpuBackend>& e,
                     Factor<T, CpuBackend>& u, Buffer<Move<T>, CpuBackend>& left);
template <class T>
void coordinate_rows(CudaBackend&, const Csr<T, CudaBackend>& m, double lambda, const Buffer<T, CudaBackend>& weights,
                     const Turn& turn, const Buffer<Move<T>, CudaBackend>& held, Buffer<T, CudaBackend>& e,
                     Factor<T, CudaBackend>& u, Buffer<Move<T>, CudaBackend>& left);

/// left[i] = {0, x_is}: for a first call, before which nothing was moved.  No pass.  Enqueues; does not wait.
template <class T>
void start_moves(CpuBackend&, const Factor<T, CpuBackend>& x, int follow, Buffer<Move<T>, CpuBackend>& left);
template <class T>
void start_moves(CudaBackend&, const Factor<T, CudaBackend>& x, int follow, Buffer<Move<T>, CudaBackend>& left);

}  // namespace rankfill
