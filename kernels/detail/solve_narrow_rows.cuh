// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "kernels/detail/chunk_systems.cuh"
#include "kernels/detail/entry_ring.cuh"
#include "kernels/detail/tile_residual.cuh"
#include "kernels/detail/warp_systems.cuh"

namespace rankfill {

/// Ranks up to 64 = 16 kTiles: a warp takes a chunk, 32 entries at a time, and holds the whole triangle of sums.  Warps
/// have nothing to do with each other, so while one waits for memory or for a pivot the others work: 16 to 24 on a
/// multiprocessor, as many as their sums leave registers for.
template <int kTiles>
struct NarrowRows {
  static constexpr int kWarps = 4, kThreads = kWarps * warp_size;
  static constexpr int kBlocks = kTiles == 1 ? 6 : 4;  ///< on a multiprocessor
  using Ring = EntryRing<32, 1, 2, kTiles, WarpTeam>;
  using System = WarpSystem<kTiles>;

  // Shared memory of a warp: what the ring knows of entries, split u_i, residuals; then the ring's rows, later the system.
  static constexpr int kSplit = Ring::kEntryBytes, kResiduals = kSplit + kTiles * kOperandNumbers * 2,
                       kRows = kResiduals + 2 * kOperandNumbers * 2;
  static constexpr int kWarpBytes = kRows + std::max(Ring::rows_bytes(kTiles), System::kBytes);
};

/// u_i as kTiles operands for tile_residual; returns what a product is to be multiplied by.  The warp waits before it uses them.
template <int kTiles>
__device__ __forceinline__ float split_operands(const RowSystems& s, int row, std::uint16_t* split) {
  constexpr int kEach = (16 * kTiles + warp_size - 1) / warp_size;
  float x[kEach], largest = 0;
#pragma unroll
  for (int n = 0; n < kEach; ++n) {
    const int i = lane_id() + 32 * n;
    x[n] = i < s.rank ? s.row(row)[i] : 0.0F;
    largest = fmaxf(largest, fabsf(x[n]));
  }
  const HalfRange range(gather_detail::warp_max(largest));
#pragma unroll
  for (int n = 0; n < kEach; ++n)
    if (const int i = lane_id() + 32 * n; i < 16 * kTiles)
      store_split(split + i / 16 * kOperandNumbers, i % 16, x[n] * range.scale);
  return range.unit * *s.v.unit;
}

template <int kTiles, bool kResidual>
__global__ void __launch_bounds__(NarrowRows<kTiles>::kThreads, NarrowRows<kTiles>::kBlocks)
    solve_narrow_rows_warp_per_chunk(const RowSystems s, const Chunk* chunks, std::int64_t count, const Slots slots) {
  using Layout = NarrowRows<kTiles>;
  using System = typename Layout::System;
  const int warp = uniform_warp();
  const auto number = [](int warp) { return std::int64_t{blockIdx.x} * Layout::kWarps + warp; };
  if (number(warp) >= count) return;
  const Chunk& chunk = chunks[number(warp)];
  if (!slots.takes(uniform(chunk.slot))) return;
  unsigned char* memory = shared_memory<unsigned char>() + warp * Layout::kWarpBytes;
  auto* split = reinterpret_cast<std::uint16_t*>(memory + Layout::kSplit);
  auto* residuals = reinterpret_cast<std::uint16_t*>(memory + Layout::kResiduals);
  const WarpTeam team;

  typename Layout::Ring ring(team, s.m, s.v, kTiles, chunk, memory + Layout::kRows, memory);
  const float unit = kResidual ? split_operands<kTiles>(s, chunk.row, split) : 0.0F;
  constexpr int kRowBytes = gathered_row_bytes(kTiles);
  GramTile gram[packed_row(kTiles)] = {};
  TileGradient gradient;
  float squared_error = 0;
#pragma unroll 1
  for (int tile = 0; 32 * tile < ring.length(); ++tile) {
    ring.advance(tile);
    if constexpr (kResidual) {
      const float e = tile_residual<kTiles>(slab_address<Order::entries_first>(ring.rows(tile), kRowBytes), kRowBytes,
                                            split, unit, ring.values(tile));
      squared_error = fmaf(e, e, squared_error);
      gradient.scale(e, residuals);
      __syncwarp();
    }
    const SharedAddress slab = slab_address<Order::features_first>(ring.rows(tile), kRowBytes);
#pragma unroll
    for (int n = 0; n < 2; ++n) {
      if (n == 1 && ring.length() <= 32 * tile + 16) break;
      Features f[kTiles];
#pragma unroll
      for (int i = 0; i < kTiles; ++i) load_features(slab + static_cast<SharedAddress>(16 * n * kRowBytes), i, f[i]);
      add_triangle<kTiles>(gram, f, kTiles, s.order);
      if constexpr (kResidual) gradient.add(f, load_split(residuals + n * kOperandNumbers));
    }
  }
  __syncwarp();  // the ring is free

  // Both anew: to keep them would cost registers in the loop.
  const int same_warp = uniform_warp();
  const Chunk& done = chunks[number(same_warp)];
  const System system(shared_memory<unsigned char>() + same_warp * Layout::kWarpBytes + Layout::kRows);
  const float unit_v = *s.v.unit;
#pragma unroll
  for (int i = 0; i < kTiles; ++i)
#pragma unroll
    for (int j = 0; j <= i; ++j)
      for_tile(gram[packed_row(i) + j], 16 * i, 16 * j,
               [&](int row, int col, float number) { system.at(row, col) = number * unit_v * unit_v; });
  float g[System::kSize];
  if constexpr (kResidual) {
    auto* gradients = reinterpret_cast<float*>(split);
    if (lane_id() % 4 < kTiles)
      for (int n = 0; n < 2; ++n) gradients[16 * (lane_id() % 4) + lane_id() / 4 + 8 * n] = -unit_v * gradient.sum(n);
    __syncwarp();
#pragma unroll
    for (int n = 0; n < System::kSize; ++n) g[n] = lane_id() + 32 * n < s.rank ? gradients[lane_id() + 32 * n] : 0.0F;
    squared_error = warp_sum(squared_error);
  } else {
    const int row = done.row;
#pragma unroll
    for (int n = 0; n < System::kSize; ++n)
      g[n] = lane_id() + 32 * n < s.rank ? s.given_gradient(row, lane_id() + 32 * n) : 0.0F;
  }
  __syncwarp();
  finish_chunk(s, slots, team, system, done, g, squared_error);
}

template <int kTiles>
__global__ void __launch_bounds__(NarrowRows<kTiles>::kThreads, NarrowRows<kTiles>::kBlocks)
    solve_narrow_split_rows_warp_per_row(const RowSystems s, const SplitRow* rows, std::int64_t count,
                                         const Slots slots, const float* earlier, float* later) {
  using System = WarpSystem<kTiles>;
  const int warp = uniform_warp();
  const std::int64_t number = std::int64_t{blockIdx.x} * NarrowRows<kTiles>::kWarps + warp;
  if (number >= count) return;
  const System system(shared_memory<unsigned char>() + warp * System::kBytes);
  finish_split_row<System::kSize>(s, slots, WarpTeam{}, system, rows[number], earlier, later);
}

}  // namespace rankfill
