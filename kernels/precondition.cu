// SPDX-License-Identifier: Apache-2.0
#include "kernels/precondition.hpp"

#include "kernels/detail/blas.cuh"
#include "kernels/detail/ordered_sum.cuh"
#include "kernels/detail/row_batches.cuh"

namespace rankfill {

namespace {

/// rotated_iq <- rotated_iq / (n_i s_q + lambda w_i) for `num_rows` rows from `first` on
template <class T>
__global__ void divide_rotated_warp_per_row(std::int64_t num_rows, std::int64_t first, int rank,
                                            const std::int64_t* row_ptr, T lambda, const T* weights, const T* values,
                                            T* rotated) {
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps()) {
    const std::int64_t* const p = row_ptr + first + row;
    const T entries = static_cast<T>(p[1] - p[0]);
    const T scaled = weights ? lambda * weights[first + row] : lambda;
    for (int k = lane_id(); k < rank; k += warp_size) {
      const T divisor = entries * values[k] + scaled;
      T& r = rotated[row * rank + k];
      r = divisor > 0 ? r / divisor : T{0};
    }
  }
}

}  // namespace

template <class T>
void precondition(CudaBackend& backend, const Csr<T, CudaBackend>& m, double lambda,
                  const Buffer<T, CudaBackend>& weights, const Eigenbasis<T, CudaBackend>& basis,
                  Factor<T, CudaBackend>& g) {
  if (g.num_rows == 0) return;
  const int rank = g.rank;
  T* const rotated = row_batch_room<T>(backend, g.num_rows, rank, "rotated rows of a factor");
  in_row_batches(g.num_rows, [&](std::int64_t first, int rows) {
    T* const g_rows = g.values.data() + first * rank;
    // to cuBLAS row-major matrices are transposed: rotated^T = Q^T G^T, then G^T = Q rotated^T
    blas::gemm(backend, CUBLAS_OP_N, CUBLAS_OP_N, rank, rows, rank, T{1}, basis.vectors.data(), rank, g_rows, rank,
               T{0}, rotated, rank);
    launch(backend, warp_per_row_shape(rows), divide_rotated_warp_per_row<T>, rows, first, rank, m.row_ptr.data(),
           static_cast<T>(lambda), weights.data(), basis.values.data(), rotated);
    blas::gemm(backend, CUBLAS_OP_T, CUBLAS_OP_N, rank, rows, rank, T{1}, basis.vectors.data(), rank, rotated, rank,
               T{0}, g_rows, rank);
  });
}

template void precondition(CudaBackend&, const Csr<float, CudaBackend>&, double, const Buffer<float, CudaBackend>&,
                           const Eigenbasis<float, CudaBackend>&, Factor<float, CudaBackend>&);
template void precondition(CudaBackend&, const Csr<double, CudaBackend>&, double, const Buffer<double, CudaBackend>&,
                           const Eigenbasis<double, CudaBackend>&, Factor<double, CudaBackend>&);

}  // namespace rankfill
