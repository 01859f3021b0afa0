// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime.h>

namespace rankfill {

inline constexpr int warp_size = 32;
inline constexpr unsigned full_warp = 0xffffffffU;

/// Sum over the warp, returned to every lane; the order of the additions is fixed and the same for every lane, so the
/// bits are too.  All 32 lanes call it.
template <class T>
__device__ __forceinline__ T warp_sum(T value) {
  for (int offset = warp_size / 2; offset > 0; offset /= 2) value += __shfl_xor_sync(full_warp, value, offset);
  return value;
}

/// Sum over a one-dimensional block, returned to every thread; the order of the additions is fixed.
/// scratch: shared memory for blockDim.x / 32 values, free again when the call returns.
/// blockDim.x is a multiple of 32, and every thread calls it.
template <class T>
__device__ __forceinline__ T block_sum(T value, T* scratch) {
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  const int warp = static_cast<int>(threadIdx.x) / warp_size;
  const int num_warps = static_cast<int>(blockDim.x) / warp_size;
  value = warp_sum(value);
  if (lane == 0) scratch[warp] = value;
  __syncthreads();
  // At most 32 warps: each warp adds up their sums for itself.
  value = warp_sum(lane < num_warps ? scratch[lane] : T(0));
  __syncthreads();
  return value;
}

}  // namespace rankfill
