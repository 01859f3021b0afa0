// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/launch.cuh"
#include "kernels/detail/ptx.cuh"
#include "kernels/detail/warp.cuh"

namespace rankfill {

inline constexpr int kBlockThreads = 256;
inline constexpr int kWarpsPerBlock = kBlockThreads / warp_size;

/// out[t] = sum_i partial[i * terms + t], t < terms.  One block: every thread adds a fixed stride, the threads are added in
/// a fixed tree, so the bits depend on `partial` alone.
template <int terms>
__global__ void ordered_sum_one_block(const double* partial, std::int64_t count, double* out) {
  double* scratch = shared_memory<double>();
  for (int t = 0; t < terms; ++t) {
    double sum = 0;
    for (std::int64_t i = threadIdx.x; i < count; i += blockDim.x) sum += partial[i * terms + t];
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) out[t] = sum;
  }
}

/// Enqueues the sum of `count` rows of `terms` partial sums.
template <int terms>
void ordered_sum(CudaBackend& backend, const double* partial, std::int64_t count, double* out) {
  launch(backend, {dim3(1), dim3(kBlockThreads), kWarpsPerBlock * sizeof(double)}, ordered_sum_one_block<terms>,
         partial, count, out);
}

/// Grid for a kernel that gives each row to one warp and strides over the grid.
inline LaunchShape warp_per_row_shape(std::int64_t num_rows) {
  return {dim3(blocks_for(num_rows, kWarpsPerBlock)), dim3(kBlockThreads), 0};
}

/// The warp's number in the grid, and how many there are.
__device__ __forceinline__ std::int64_t grid_warp() {
  return std::int64_t{blockIdx.x} * (blockDim.x / warp_size) + threadIdx.x / warp_size;
}
__device__ __forceinline__ std::int64_t grid_warps() { return std::int64_t{gridDim.x} * (blockDim.x / warp_size); }
__device__ __forceinline__ int lane_id() { return static_cast<int>(threadIdx.x % warp_size); }

/// <x, y> by the whole warp, returned to every lane.
template <class T>
__device__ __forceinline__ T warp_dot(int rank, const T* x, const T* y) {
  T sum = 0;
  for (int k = lane_id(); k < rank; k += warp_size) sum += x[k] * y[k];
  return warp_sum(sum);
}

/// Room for the partial sums of `count` rows of `terms`, then the `terms` results, then `more_bytes`, 16-byte aligned.
struct SumSpace {
  SumSpace(CudaBackend& backend, std::int64_t count, int terms, std::size_t more_bytes, const char* purpose) {
    const auto sums = static_cast<std::size_t>((count * terms + terms + 1) / 2 * 2) * sizeof(double);
    partial = static_cast<double*>(backend.workspace(sums + more_bytes, purpose));
    total = partial + count * terms;
    more = reinterpret_cast<std::byte*>(partial) + sums;
  }
  double* partial;
  double* total;
  std::byte* more;
};

}  // namespace rankfill
