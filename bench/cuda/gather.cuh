// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/cuda/ptx.cuh"
#include "kernels/detail/ordered_sum.cuh"

// Kernels that do nothing but fetch rows of a table, each as a sum that the host can check.
//
// What to look for in the code of sm_90 (cuobjdump -sass), in the innermost loop of gather_rows_warp_per_tile:
//   - `in_flight` LDG.E.128.CONSTANT with no instruction between them that waits for one of them (no IADD of a loaded
//     register): otherwise the loads are serialised and the "ceiling" is a latency;
//   - no LDL or STL;
//   - one LDG.E.CONSTANT of ids for 32 rows, outside that loop.
// In gather_rows_async: LDGSTS.E.BYPASS.128, LDGDEPBAR, DEPBAR.LE SB0, 0x7, LDS.128.  In gather_shared: LDS.128 in groups,
// no generic LD.  In mma_rate_warp: HMMA.16816.F32 or HMMA.1688.F32.TF32, 8 in the loop.

namespace rankfill::bench {

/// Word `w` of every table: a mix of its index, so that a row fetched twice, never, or from a wrong place changes the sum.
constexpr std::uint32_t table_word(std::uint64_t w) {
  std::uint32_t x = static_cast<std::uint32_t>(w) * 0x9E3779B1U + static_cast<std::uint32_t>(w >> 32);
  x = (x ^ (x >> 16)) * 0x85EBCA6BU;
  x = (x ^ (x >> 13)) * 0xC2B2AE35U;
  return x ^ (x >> 16);
}

__device__ __forceinline__ std::int64_t grid_thread() { return std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; }
__device__ __forceinline__ std::int64_t grid_threads() { return std::int64_t{gridDim.x} * blockDim.x; }

/// How a warp walks over ids: a tile of ids is read at once, coalesced, one tile ahead; rows are fetched `in_flight` loads
/// of 16 bytes at a time, `rows_per_load` rows in each.
template <int lanes_per_row_, int in_flight_>
struct Walk {
  static constexpr int lanes_per_row = lanes_per_row_, in_flight = in_flight_;
  static constexpr int row_bytes = 16 * lanes_per_row;
  static constexpr int rows_per_load = warp_size / lanes_per_row;
  static constexpr int ids_per_lane = in_flight > lanes_per_row ? in_flight / lanes_per_row : 1;
  static constexpr int tile = warp_size * ids_per_lane;  ///< the number of ids must be a multiple
  static constexpr int loads_per_tile = tile / rows_per_load;
  static constexpr int blocks_per_multiprocessor = in_flight <= 4 ? 6 : 4;  ///< registers for 4 or 8 loads
};

/// The sum over this lane's part of all rows that its warp fetches from `table`.
template <class W, class Load>
__device__ __forceinline__ std::uint32_t sum_rows(const char* table, const std::int32_t* ids, std::int64_t num_ids,
                                                  std::int64_t warp, std::int64_t num_warps) {
  const int lane = lane_id();
  const char* base = table + lane % W::lanes_per_row * 16;
  const std::int64_t tiles = num_ids / W::tile;
  std::uint32_t sum = 0;
  std::int32_t next[W::ids_per_lane] = {};
  if (warp < tiles)
#pragma unroll
    for (int k = 0; k < W::ids_per_lane; ++k) next[k] = ids[warp * W::tile + k * warp_size + lane];
  for (std::int64_t t = warp; t < tiles; t += num_warps) {
    std::int32_t mine[W::ids_per_lane];
    const std::int64_t ahead = t + num_warps < tiles ? t + num_warps : t;
#pragma unroll
    for (int k = 0; k < W::ids_per_lane; ++k) {
      mine[k] = next[k];
      next[k] = ids[ahead * W::tile + k * warp_size + lane];
    }
#pragma unroll 1
    for (int first = 0; first < W::loads_per_tile; first += W::in_flight) {
      std::uint32_t x[W::in_flight][4];
#pragma unroll
      for (int u = 0; u < W::in_flight; ++u) {
        // a tile of several ids per lane is one group of loads: which of them is then known to the compiler
        const int k = W::ids_per_lane == 1 ? 0 : u * W::rows_per_load / warp_size;
        const int from = ((first + u) * W::rows_per_load + lane / W::lanes_per_row) % warp_size;
        const std::int64_t id = __shfl_sync(full_warp, mine[k], from);
        Load::load(base + id * W::row_bytes, x[u]);
      }
#pragma unroll
      for (int u = 0; u < W::in_flight; ++u) sum += x[u][0] + x[u][1] + x[u][2] + x[u][3];
    }
  }
  return sum;
}

/// sums[warp] = sum of the words of the rows the warp fetched.  num_ids: a multiple of W::tile.
template <class W, class Load>
__global__ void __launch_bounds__(kBlockThreads, W::blocks_per_multiprocessor)
    gather_rows_warp_per_tile(const char* table, const std::int32_t* ids, std::int64_t num_ids, std::uint32_t* sums) {
  const std::uint32_t sum = warp_sum(sum_rows<W, Load>(table, ids, num_ids, grid_warp(), grid_warps()));
  if (lane_id() == 0) sums[grid_warp()] = sum;
}

/// The same from a table copied to shared memory first: num_words of it.
template <class W>
__global__ void gather_shared_warp_per_tile(const std::uint32_t* table, int num_words, const std::int32_t* ids,
                                            std::int64_t num_ids, std::uint32_t* sums) {
  std::uint32_t* copy = shared_memory<std::uint32_t>();
  for (int w = static_cast<int>(threadIdx.x); w < num_words; w += static_cast<int>(blockDim.x)) copy[w] = table[w];
  __syncthreads();
  const std::uint32_t sum =
      warp_sum(sum_rows<W, SharedLoad>(reinterpret_cast<const char*>(copy), ids, num_ids, grid_warp(), grid_warps()));
  if (lane_id() == 0) sums[grid_warp()] = sum;
}

inline constexpr int kStages = 8;  ///< copies of 16 bytes that a lane has under way

/// The same by asynchronous copies into a ring of kStages x 512 bytes per warp.  Every lane reads back only what it copied
/// itself, so it waits for its own copies and for nobody else.
template <class W>
__global__ void __launch_bounds__(kBlockThreads, 6)
    gather_rows_async(const char* table, const std::int32_t* ids, std::int64_t num_ids, std::uint32_t* sums) {
  const int lane = lane_id();
  uint4* ring = shared_memory<uint4>() + threadIdx.x / warp_size * (kStages * warp_size) + lane;
  const char* base = table + lane % W::lanes_per_row * 16;
  const std::int64_t tiles = num_ids / warp_size;
  std::uint32_t sum = 0;
  int stage = 0;
  std::int64_t started = 0;
  const auto finish_oldest = [&] {  // its place in the ring is the one to be filled next
    const uint4 x = ring[stage * warp_size];
    sum += x.x + x.y + x.z + x.w;
  };
  std::int32_t next = grid_warp() < tiles ? ids[grid_warp() * warp_size + lane] : 0;
  for (std::int64_t t = grid_warp(); t < tiles; t += grid_warps()) {
    const std::int32_t mine = next;
    const std::int64_t ahead = t + grid_warps() < tiles ? t + grid_warps() : t;
    next = ids[ahead * warp_size + lane];
#pragma unroll 1
    for (int u = 0; u < W::lanes_per_row; ++u) {
      if (started++ >= kStages) {
        cp_async_wait<kStages - 1>();
        finish_oldest();
      }
      const std::int64_t id = __shfl_sync(full_warp, mine, u * W::rows_per_load + lane / W::lanes_per_row);
      cp_async16(shared_address(ring + stage * warp_size), base + id * W::row_bytes, true);
      cp_async_commit();
      stage = (stage + 1) % kStages;
    }
  }
  cp_async_wait<0>();
  if (started < kStages) stage = 0;
  for (std::int64_t left = started < kStages ? started : kStages; left > 0; --left) {
    finish_oldest();
    stage = (stage + 1) % kStages;
  }
  sum = warp_sum(sum);
  if (lane == 0) sums[grid_warp()] = sum;
}

/// table row of every id += 1, as vectors of four floats.  num_ids: a multiple of 32.
template <int lanes_per_row>
__global__ void scatter_add_warp_per_tile(float* table, const std::int32_t* ids, std::int64_t num_ids) {
  constexpr int rows_per_step = warp_size / lanes_per_row;
  const int lane = lane_id();
  const float ones[4] = {1, 1, 1, 1};
  for (std::int64_t t = grid_warp(); t < num_ids / warp_size; t += grid_warps()) {
    const std::int32_t mine = ids[t * warp_size + lane];
    for (int u = 0; u < lanes_per_row; ++u) {
      const std::int64_t id = __shfl_sync(full_warp, mine, u * rows_per_step + lane / lanes_per_row);
      add_vector(table + (id * lanes_per_row + lane % lanes_per_row) * 4, ones);
    }
  }
}

struct HalfMma {
  static constexpr int depth = 16;
  static constexpr std::uint32_t ones = 0x3C003C00;  ///< two float16
  static __device__ __forceinline__ void add(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    mma_16x8x16(d, a[0], a[1], a[2], a[3], b[0], b[1]);
  }
};
struct Tf32Mma {
  static constexpr int depth = 8;
  static constexpr std::uint32_t ones = 0x3F800000;  ///< one float
  static __device__ __forceinline__ void add(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    mma_16x8x8_tf32(d, a, b);
  }
};

inline constexpr int kMmaChains = 8;

/// Eight independent chains of products of all-ones matrices.  Chain c starts at c, so that no two are the same and the
/// compiler must work out each:  out[thread] = sum_c 4 (c + iterations * depth), exactly.
template <class Mma>
__global__ void __launch_bounds__(kBlockThreads, 4) mma_rate_warp(int iterations, float* out) {
  const std::uint32_t a[4] = {Mma::ones, Mma::ones, Mma::ones, Mma::ones}, b[2] = {Mma::ones, Mma::ones};
  float d[kMmaChains][4];
#pragma unroll
  for (int c = 0; c < kMmaChains; ++c)
    for (int i = 0; i < 4; ++i) d[c][i] = static_cast<float>(c);
#pragma unroll 1
  for (int i = 0; i < iterations; ++i)
#pragma unroll
    for (int c = 0; c < kMmaChains; ++c) Mma::add(d[c], a, b);
  float sum = 0;
#pragma unroll
  for (int c = 0; c < kMmaChains; ++c) sum += d[c][0] + d[c][1] + d[c][2] + d[c][3];
  out[grid_thread()] = sum;
}

}  // namespace rankfill::bench
