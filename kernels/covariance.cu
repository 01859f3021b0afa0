// SPDX-License-Identifier: Apache-2.0
#include "kernels/covariance.hpp"

#include "kernels/detail/blas.cuh"
#include "kernels/detail/ordered_sum.cuh"
#include "kernels/detail/row_batches.cuh"

namespace rankfill {

namespace {

/// scaled_i = n_i / N x_i for `num_rows` rows from `first` on
template <class T>
__global__ void scale_by_entries_warp_per_row(std::int64_t num_rows, std::int64_t first, int rank,
                                              const std::int64_t* row_ptr, double all, const T* x, T* scaled) {
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps()) {
    const std::int64_t* const p = row_ptr + first + row;
    const T part = static_cast<T>(static_cast<double>(p[1] - p[0]) / all);
    for (int k = lane_id(); k < rank; k += warp_size) scaled[row * rank + k] = part * x[(first + row) * rank + k];
  }
}

}  // namespace

template <class T>
void covariance(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& x,
                Buffer<T, CudaBackend>& c) {
  c.fill_zero();
  if (m.num_entries == 0) return;
  T* const scaled = row_batch_room<T>(backend, x.num_rows, x.rank, "scaled rows of a factor");
  in_row_batches(x.num_rows, [&](std::int64_t first, int rows) {
    launch(backend, warp_per_row_shape(rows), scale_by_entries_warp_per_row<T>, rows, first, x.rank, m.row_ptr.data(),
           static_cast<double>(m.num_entries), x.values.data(), scaled);
    // row-major X is to cuBLAS the matrix X^T: C += X^T scaled
    blas::gemm(backend, CUBLAS_OP_N, CUBLAS_OP_T, x.rank, x.rank, rows, T{1}, scaled, x.rank,
               x.values.data() + first * x.rank, x.rank, T{1}, c.data(), x.rank);
  });
}

template void covariance(CudaBackend&, const Csr<float, CudaBackend>&, const Factor<float, CudaBackend>&,
                         Buffer<float, CudaBackend>&);
template void covariance(CudaBackend&, const Csr<double, CudaBackend>&, const Factor<double, CudaBackend>&,
                         Buffer<double, CudaBackend>&);

}  // namespace rankfill
