// SPDX-License-Identifier: Apache-2.0
#include "kernels/detail/blas.cuh"
#include "kernels/detail/ordered_sum.cuh"
#include "kernels/gradient_block.hpp"

namespace rankfill {

namespace {

/// part_t = all_{rows[t]}
template <class T>
__global__ void gather_rows_thread_per_number(std::int64_t size, int rank, const std::int32_t* rows, const T* all,
                                              T* part) {
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size; i += stride)
    part[i] = all[std::int64_t{rows[i / rank]} * rank + i % rank];
}

/// all_{rows[t]} = part_t
template <class T>
__global__ void scatter_rows_thread_per_number(std::int64_t size, int rank, const std::int32_t* rows, const T* part,
                                               T* all) {
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size; i += stride)
    all[std::int64_t{rows[i / rank]} * rank + i % rank] = part[i];
}

/// e = 0 where m is not observed; partial[row] = sum of e^2.
template <class T>
__global__ void mask_and_square_warp_per_row(std::int64_t num_rows, std::int64_t num_cols, const T* m, T* e,
                                             double* partial) {
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps()) {
    double sum = 0;
    for (std::int64_t p = row * num_cols + lane_id(); p < (row + 1) * num_cols; p += warp_size) {
      if (m[p] != m[p]) e[p] = 0;  // NaN; a NaN of the factors stays to be seen
      sum += double{e[p]} * double{e[p]};
    }
    sum = warp_sum(sum);
    if (lane_id() == 0) partial[row] = sum;
  }
}

LaunchShape thread_per_number_shape(std::int64_t size) {
  return {dim3(blocks_for(size, kBlockThreads)), dim3(kBlockThreads), 0};
}

}  // namespace

template <class T>
void gradient_block(CudaBackend& backend, Block<T, CudaBackend>& block, const Factors<T, CudaBackend>& at,
                    Factors<T, CudaBackend>& gradient, Buffer<double, CudaBackend>& squared_error) {
  const int rank = at.row.rank, num_rows = static_cast<int>(block.num_rows),
            num_cols = static_cast<int>(block.num_cols);
  const std::int64_t row_size = block.num_rows * rank, col_size = block.num_cols * rank;
  const SumSpace space(backend, block.num_rows, 1, 2 * static_cast<std::size_t>(row_size + col_size) * sizeof(T),
                       "the rows and columns of the block");
  T* const u = reinterpret_cast<T*>(space.more);  // U_I, V_J and their gradients, packed
  T* const v = u + row_size;
  T* const gu = v + col_size;
  T* const gv = gu + row_size;
  launch(backend, thread_per_number_shape(row_size), gather_rows_thread_per_number<T>, row_size, rank,
         block.rows.data(), at.row.values.data(), u);
  launch(backend, thread_per_number_shape(col_size), gather_rows_thread_per_number<T>, col_size, rank,
         block.cols.data(), at.col.values.data(), v);

  // cuBLAS is column-major: a row-major X is to it the matrix X^T with leading dimension = columns of X.
  // E^T = M^T - V U^T;   (-E V)^T = -V^T E^T;   (-E^T U)^T = -U^T E
  block.residual.copy_from(block.values);
  blas::gemm(backend, CUBLAS_OP_T, CUBLAS_OP_N, num_cols, num_rows, rank, T{-1}, v, rank, u, rank, T{1},
             block.residual.data(), num_cols);
  launch(backend, warp_per_row_shape(block.num_rows), mask_and_square_warp_per_row<T>, block.num_rows, block.num_cols,
         block.values.data(), block.residual.data(), space.partial);
  ordered_sum<1>(backend, space.partial, block.num_rows, squared_error.data());
  blas::gemm(backend, CUBLAS_OP_N, CUBLAS_OP_N, rank, num_rows, num_cols, T{-1}, v, rank, block.residual.data(),
             num_cols, T{0}, gu, rank);
  blas::gemm(backend, CUBLAS_OP_N, CUBLAS_OP_T, rank, num_cols, num_rows, T{-1}, u, rank, block.residual.data(),
             num_cols, T{0}, gv, rank);

  gradient.fill_zero();
  launch(backend, thread_per_number_shape(row_size), scatter_rows_thread_per_number<T>, row_size, rank,
         block.rows.data(), gu, gradient.row.values.data());
  launch(backend, thread_per_number_shape(col_size), scatter_rows_thread_per_number<T>, col_size, rank,
         block.cols.data(), gv, gradient.col.values.data());
}

template void gradient_block(CudaBackend&, Block<float, CudaBackend>&, const Factors<float, CudaBackend>&,
                             Factors<float, CudaBackend>&, Buffer<double, CudaBackend>&);
template void gradient_block(CudaBackend&, Block<double, CudaBackend>&, const Factors<double, CudaBackend>&,
                             Factors<double, CudaBackend>&, Buffer<double, CudaBackend>&);

}  // namespace rankfill
