// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/gather_copy.cuh"
#include "kernels/detail/ordered_sum.cuh"

namespace rankfill {

/// A number that all lanes of a warp hold anyway, in a way that lets the compiler see it: branches on it then need no care for
/// lanes that go different ways.
template <class T>
__device__ __forceinline__ T uniform(T x) {
  return __shfl_sync(full_warp, x, 0);
}
/// The number of the warp in its block.
__device__ __forceinline__ int uniform_warp() { return uniform(static_cast<int>(threadIdx.x) / warp_size); }

/// Those who do a chunk or a row together: a warp or a block.
struct WarpTeam {
  static constexpr int kSize = warp_size;  ///< 0: known at run time only
  __device__ __forceinline__ static int size() { return warp_size; }
  __device__ __forceinline__ int member() const { return lane_id(); }
  __device__ __forceinline__ void wait() const { __syncwarp(); }
  template <class T>
  __device__ __forceinline__ T sum(T x) const {
    return warp_sum(x);
  }
  __device__ __forceinline__ float max(float x) const { return gather_detail::warp_max(x); }
};

struct BlockTeam {
  static constexpr int kSize = 0;
  double* scratch;  ///< 32, in shared memory

  __device__ __forceinline__ static int size() { return static_cast<int>(blockDim.x); }
  __device__ __forceinline__ int member() const { return static_cast<int>(threadIdx.x); }
  __device__ __forceinline__ void wait() const { __syncthreads(); }
  template <class T>
  __device__ __forceinline__ T sum(T x) const {
    return block_sum(x, reinterpret_cast<T*>(scratch));
  }
  __device__ __forceinline__ float max(float x) const {
    auto* of_warp = reinterpret_cast<float*>(scratch);
    const int lane = lane_id(), warps = static_cast<int>(blockDim.x) / warp_size;
    x = gather_detail::warp_max(x);
    if (lane == 0) of_warp[threadIdx.x / warp_size] = x;
    __syncthreads();
    x = gather_detail::warp_max(lane < warps ? of_warp[lane] : x);
    __syncthreads();
    return x;
  }
};

/// A block of as many threads as the compiler is told.
template <int kThreads>
struct FixedBlockTeam : BlockTeam {
  static constexpr int kSize = kThreads;
  __device__ __forceinline__ static constexpr int size() { return kThreads; }
};

}  // namespace rankfill
