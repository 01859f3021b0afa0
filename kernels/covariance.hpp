// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Second moments of the rows of a factor, every row as often as it has entries.  docs/math.md Eq. 32
///     C = 1/N sum_i n_i x_i x_i^T        n_i the entries of row i of m, N all of them
/// x  m.num_rows x rank    c  rank x rank, overwritten; symmetric up to rounding; zero when there are no entries
/// No pass over the entries.  rank^2 flops per row; fixed summation order: same bits every time.
/// CPU: products and sums in double.  CUDA: in T, by cuBLAS (gemm), on a scaled copy of some rows at a time in the
/// workspace.  Enqueues; does not wait.
template <class T>
void covariance(CpuBackend&, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& x, Buffer<T, CpuBackend>& c);
template <class T>
void covariance(CudaBackend&, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& x, Buffer<T, CudaBackend>& c);

}  // namespace rankfill
