// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// One positive definite system per row of a factor, as Cholesky factors L_i: lower triangles, packed by columns,
/// rank (rank + 1) / 2 numbers each.
template <class T, class B>
struct FactoredRows {
  FactoredRows() = default;
  FactoredRows(B& backend, std::int64_t num_rows, int rank)
      : num_rows(num_rows), rank(rank), lower(backend, num_rows * numbers(rank), "the row systems") {}

  /// Numbers of one system.
  static constexpr std::int64_t numbers(int rank) { return std::int64_t{rank} * (rank + 1) / 2; }

  std::int64_t num_rows = 0;
  int rank = 0;
  Buffer<T, B> lower;
};

/// Forms and factors the systems of als_half (docs/math.md Eq. 12), and the gradient, in one pass, changing neither factor.
/// For each row i
///     e_j = m_ij - <u_i, v_j>                                   j in S_i
///     g_i = - sum_j e_j v_j + lambda w_i u_i
///     L_i L_i^T = sum_j v_j v_j^T + lambda w_i I                diagonal raised as in als_half
/// A row with no entries has L_i L_i^T = lambda w_i I, or I if that is 0.  `squared_error` (one number, on the backend) receives sum_p e_p^2.
/// k^2 flops per entry and k^3/3 per row.  Fixed summation order: same bits every time.  Enqueues; does not wait.
/// CUDA: the gradient in the scalar of the factors.  float up to rank 256, if the device has the shared memory: the v_j of L_i in float16,
/// scaled by a power of two, on the tensor cores, summed in float32; else by the plain form of als_half.
template <class T>
void factor_rows(CpuBackend&, const Csr<T, CpuBackend>& m, double lambda, const Buffer<T, CpuBackend>& weights,
                 const Factor<T, CpuBackend>& v, const Factor<T, CpuBackend>& u, Factor<T, CpuBackend>& g,
                 FactoredRows<T, CpuBackend>& systems, Buffer<double, CpuBackend>& squared_error);
template <class T>
void factor_rows(CudaBackend&, const Csr<T, CudaBackend>& m, double lambda, const Buffer<T, CudaBackend>& weights,
                 const Factor<T, CudaBackend>& v, const Factor<T, CudaBackend>& u, Factor<T, CudaBackend>& g,
                 FactoredRows<T, CudaBackend>& systems, Buffer<double, CudaBackend>& squared_error);

/// x_i <- (L_i L_i^T)^-1 x_i for every row.  Reads each system twice.  Enqueues; does not wait.
template <class T>
void solve_rows(CpuBackend&, const FactoredRows<T, CpuBackend>& systems, Factor<T, CpuBackend>& x);
template <class T>
void solve_rows(CudaBackend&, const FactoredRows<T, CudaBackend>& systems, Factor<T, CudaBackend>& x);

}  // namespace rankfill
