// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// A symmetric rank x rank matrix Q diag(s) Q^T.
template <class T, class B>
struct Eigenbasis {
  Eigenbasis() = default;
  Eigenbasis(B& backend, int rank)
      : rank(rank),
        vectors(backend, std::int64_t{rank} * rank, "an eigenbasis"),
        values(backend, rank, "eigenvalues") {}

  int rank = 0;
  Buffer<T, B> vectors;  ///< Q, row-major: column q belongs to values[q]
  Buffer<T, B> values;   ///< s >= 0
};

/// One system per row of g, all with the same eigenvectors.  docs/math.md Eq. 32
///     g_i <- Q ((Q^T g_i) / (n_i s + lambda w_i))        n_i the entries of row i of m, w_i = weights[i] or 1
/// Where a divisor is 0 the quotient is taken to be 0.  g is changed in place.
/// 4 rank^2 flops per row, as two dense products; no pass over the entries.  In T, fixed summation order: same bits every time.
/// CUDA: cuBLAS (gemm), some rows at a time in the workspace.  Enqueues; does not wait.
template <class T>
void precondition(CpuBackend&, const Csr<T, CpuBackend>& m, double lambda, const Buffer<T, CpuBackend>& weights,
                  const Eigenbasis<T, CpuBackend>& basis, Factor<T, CpuBackend>& g);
template <class T>
void precondition(CudaBackend&, const Csr<T, CudaBackend>& m, double lambda, const Buffer<T, CudaBackend>& weights,
                  const Eigenbasis<T, CudaBackend>& basis, Factor<T, CudaBackend>& g);

}  // namespace rankfill
