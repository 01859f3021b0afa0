// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/ordered_sum.cuh"

namespace rankfill {

/// Grid for a kernel that gives each item to one thread and strides over the grid:
///     for (std::int64_t i = grid_thread(); i < items; i += grid_threads())
inline LaunchShape thread_per_item_shape(std::int64_t items) {
  return {dim3(blocks_for(items, kBlockThreads)), dim3(kBlockThreads), 0};
}

__device__ __forceinline__ std::int64_t grid_thread() { return std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; }
__device__ __forceinline__ std::int64_t grid_threads() { return std::int64_t{gridDim.x} * blockDim.x; }

}  // namespace rankfill
