// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// What one half-sweep saw on its way, at no extra pass: all of the point it started from, but for `decrease`.
struct HalfSweep {
  double squared_error = 0;  ///< sum_p e_p^2 before the update
  double gradient_norm_squared =
      0;  ///< |g|^2 before the update, g the gradient for the rows solved, lambda term included
  double decrease =
      0;  ///< sum_i <g_i, d_i> - 1/2 <d_i, A_i d_i>: by how much the update lowers the objective, as A has it
};
inline constexpr int kHalfSweepSums = 3;  ///< numbers of a HalfSweep on a backend, in this order

/// Waits.
template <class B>
HalfSweep read_half_sweep(const Buffer<double, B>& sums) {
  const std::vector<double> s = sums.download();
  return {s[0], s[1], s[2]};
}

/// How a half-sweep is done.
struct HalfSweepControl {
  Gather gather = Gather::full;
  /// 0: every row is solved exactly.  n > 0: n conjugate-gradient steps from the old u_i, fewer where the row has converged.
  int cg_steps = 0;
  /// CUDA: room for the parts of rows that several workers share.  If it is short, they are done in several goes.
  std::size_t split_bytes = std::size_t{1} << 30;
  /// A row goes on, up to 8 cg_steps, while <r, D^-1 r> (r its residual, D the diagonal of A) is above this share of what it
  /// was at first.  0: cg_steps are all.  Rows of ill-conditioned systems need it: three steps leave them far from solved.
  double cg_tolerance = 0;
};

/// Replaces every row of u by the minimiser of the objective with v held.  docs/math.md Eq. 12-13, 20.  For each row i:
///     e_j = m_ij - <u_i, v_j>                                        j in S_i
///     g   = - sum_j e_j v_j + lambda w_i u_i                         gradient at the old u_i
///     A   = sum_j v_j v_j^T + lambda w_i I                           rank x rank, lower triangle
///     d   = A^-1 g  (Cholesky, or CG from d = 0)          u_i <- u_i - d
/// The *delta form*: the same point as A^-1 b, but an error in A only damps the step, the gradient stays exact.
/// w_i = weights[i], or 1 when `weights` is empty.  Where lambda w_i is below s = 2 rank eps max_k A_kk, the diagonal is
/// raised by the difference: a row with too few entries and lambda = 0 is then positive definite in spite of rounding, and
/// takes a shorter step towards the same minimiser, never a NaN.  A row with no entries becomes 0.
/// `sums` (kHalfSweepSums numbers, on the backend) receives a HalfSweep.
/// One pass; k^2 flops per entry and k^3/3 per row.
/// CPU: with cg_steps, A is never formed: every step fetches the rows v_j again, 4 k flops per entry.  Rows of many entries take
/// their steps together, block by block of v, so that these come from the cache.
/// Fixed summation order: same bits every time.  Enqueues; does not wait.
///
/// CUDA, in float up to rank 256 (or what fits the shared memory of the device): Gram matrices on the tensor cores, from
/// float16 copies of v that are made for the call, summed in float.  They do not leave the warp (rank <= 64) or block that makes
/// them, unless a row is cut in chunks.  Gather::half: e and g come from the same fetch; the point reached is that of the
/// copies, which hold v to 11 bits and to 2^-39 of the largest number in it; everything else has 22 bits at least.
/// Gather::full: g comes from v itself, by a second fetch, and only A from the copies; the point sought is exact, and a sweep
/// comes short of it by 2^-11 of the way.  There is no TF32 form: TF32 keeps the same 11 bits as float16 at twice the bytes to
/// fetch, and ldmatrix does not transpose numbers of 32 bits.  Rows of at most (rank - 1) / 2 entries are solved without a Gram
/// matrix, by conjugate gradients on the fetched rows, to rounding if cg_steps is 0; m.solve_plan names them, and no longer
/// ones.
/// CUDA, otherwise: Gram matrices of a batch of rows in workspace memory, then one block per system; always Gather::full.
template <class T>
void als_half(CpuBackend&, const Csr<T, CpuBackend>& m, double lambda, const Buffer<T, CpuBackend>& weights,
              const Factor<T, CpuBackend>& v, const HalfSweepControl& control, Factor<T, CpuBackend>& u,
              Buffer<double, CpuBackend>& sums);
template <class T>
void als_half(CudaBackend&, const Csr<T, CudaBackend>& m, double lambda, const Buffer<T, CudaBackend>& weights,
              const Factor<T, CudaBackend>& v, const HalfSweepControl& control, Factor<T, CudaBackend>& u,
              Buffer<double, CudaBackend>& sums);

}  // namespace rankfill
