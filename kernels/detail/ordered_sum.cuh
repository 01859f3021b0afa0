// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/launch.cuh"
#include "kernels/detail/ptx.cuh"
#include "kernels/detail/warp.cuh"

namespace rankfill {

inline constexpr int kBlockThreads = 256;
inline constexpr int kWarpsPerBlock = kBlockThreads / warp_size;

/// Block b adds the rows b * piece .. (b + 1) * piece of `terms` numbers, row i at partial[i * step * terms], and leaves the
/// result at out[b * out_step * terms].  Every thread adds a fixed stride, the threads are added in a fixed tree.  `out` may
/// lie in the rows of the block's own piece: it is written when all of them have been read.
template <int terms>
__global__ void ordered_sum_block_per_piece(const double* partial, std::int64_t count, std::int64_t step,
                                            std::int64_t piece, double* out, std::int64_t out_step) {
  double* scratch = shared_memory<double>();
  const std::int64_t first = blockIdx.x * piece, last = first + piece < count ? first + piece : count;
  double sum[terms] = {};
  for (std::int64_t i = first + threadIdx.x; i < last; i += blockDim.x)
    for (int t = 0; t < terms; ++t) sum[t] += partial[i * step * terms + t];
  for (int t = 0; t < terms; ++t) {
    sum[t] = block_sum(sum[t], scratch);
    if (threadIdx.x == 0) out[blockIdx.x * out_step * terms + t] = sum[t];
  }
}

/// Rows that one block adds up: all, when that is quick, else so many that 1024 blocks suffice.
inline std::int64_t ordered_sum_piece(std::int64_t count) {
  constexpr std::int64_t least = 4096, most_blocks = 1024;
  return std::max(least, (count + most_blocks - 1) / most_blocks);
}

/// out[t] = sum_i partial[i * terms + t], i < count, t < terms.  The partition depends on `count` alone, so the bits depend
/// on `partial` alone.  One or two launches; the second level stands in `partial`, which is overwritten.  Enqueues.
template <int terms>
void ordered_sum(CudaBackend& backend, double* partial, std::int64_t count, double* out) {
  const LaunchShape one_block{dim3(1), dim3(kBlockThreads), kWarpsPerBlock * sizeof(double)};
  const std::int64_t piece = ordered_sum_piece(count), blocks = (count + piece - 1) / piece;
  if (blocks <= 1) {
    launch(backend, one_block, ordered_sum_block_per_piece<terms>, partial, count, 1, count, out, 0);
    return;
  }
  LaunchShape shape = one_block;
  shape.grid = dim3(static_cast<unsigned>(blocks));
  launch(backend, shape, ordered_sum_block_per_piece<terms>, partial, count, 1, piece, partial, piece);
  launch(backend, one_block, ordered_sum_block_per_piece<terms>, partial, blocks, piece, blocks, out, 0);
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

/// Room for the partial sums of `count` rows of `terms`, which ordered_sum overwrites, then the `terms` results, then `more_bytes`, 16-byte aligned.
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
