// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "kernels/detail/block_systems.cuh"
#include "kernels/detail/chunk_systems.cuh"
#include "kernels/detail/entry_ring.cuh"
#include "kernels/detail/warp_share.cuh"

namespace rankfill {

/// For ranks 65 to 256: the triangle of 16 x 16 tiles is cut into super-rows of 64 features, and shared out to as many warps
/// as there are super-rows, squared: one takes a triangle of 4 x 4 tiles on the diagonal, two share a square of 4 x 4 below
/// it.  So no warp holds more than ten tiles whatever the rank.  Tiles past the rank are skipped by whole warps.
struct WideRows {
  static constexpr int kEntries = 32, kSlabs = kEntries / 16, kMostRank = 256;
  template <bool kResidual>
  using Ring = EntryRing<kEntries, kResidual ? 2 : 3, 4, 0, BlockTeam>;

  __host__ __device__ static constexpr int tiles(int rank) { return (rank + 15) / 16; }
  __host__ __device__ static constexpr int super_rows(int rank) { return (rank + 63) / 64; }
  static constexpr int threads(int rank) { return super_rows(rank) * super_rows(rank) * warp_size; }

  // Shared memory: what the ring knows of entries, residuals of two tiles, scratch, split u_i; then the ring's rows and
  // what a warp may read behind them, later the system.
  static constexpr int kResiduals = Ring<true>::kEntryBytes, kScratch = kResiduals + 2 * kSlabs * kSplitResiduals * 4,
                       kSplit = kScratch + 32 * 8, kRows = kSplit + kMostRank * 4, kBehind = 3 * 32;
  static constexpr std::size_t shared_bytes(int rank) {
    return static_cast<std::size_t>(
        kRows + std::max(Ring<true>::rows_bytes(tiles(rank)) + kBehind, BlockSystem::bytes(rank, threads(rank))));
  }
  static constexpr int split_threads(int rank) { return rank <= 128 ? 128 : 256; }
  static constexpr std::size_t split_shared_bytes(int rank) {
    return static_cast<std::size_t>(32 * 8 + BlockSystem::bytes(rank, split_threads(rank)));
  }
};

template <bool kResidual>
__global__ void __launch_bounds__(512, 1)
    solve_wide_rows_block_per_chunk(const RowSystems s, const Chunk* chunks, const Slots slots) {
  using Layout = WideRows;
  const Chunk& chunk = chunks[blockIdx.x];
  if (!slots.takes(chunk.slot)) return;
  unsigned char* memory = shared_memory<unsigned char>();
  const int lane = lane_id(), tiles = Layout::tiles(s.rank), row_bytes = gathered_row_bytes(tiles);
  const WarpShare share(uniform_warp(), Layout::super_rows(s.rank));
  auto* split = reinterpret_cast<std::uint32_t*>(memory + Layout::kSplit);
  auto* residuals = reinterpret_cast<std::uint32_t*>(memory + Layout::kResiduals);

  const BlockTeam team{reinterpret_cast<double*>(memory + Layout::kScratch)};

  typename Layout::Ring<kResidual> ring(team, s.m, s.v, tiles, chunk, memory + Layout::kRows, memory);
  const float unit = kResidual ? split_row<1>(s, team, chunk.row, 16 * tiles, split) : 0.0F;
  const auto rows_of = [&](int tile, int slab) {
    return ring.rows(tile) + static_cast<SharedAddress>(16 * slab * row_bytes);
  };
  const auto residuals_of = [&](int tile, int slab) {
    return residuals + (tile % 2 * Layout::kSlabs + slab) * kSplitResiduals;
  };
  const auto exists = [&](int tile, int slab) { return tile * Layout::kEntries + 16 * slab < ring.length(); };

  // The residuals of a tile are made, by two warps below the diagonal, while the others add up the tile before it.
  constexpr int kLag = kResidual ? 1 : 0;
  GramTile gram[10] = {};
  GradientTiles gradient = {};
  float squared_error = 0;
#pragma unroll 1
  for (int turn = 0; turn < ring.num_tiles() + kLag; ++turn) {
    ring.advance(turn);
    if (kResidual && !share.triangle && share.square < Layout::kSlabs && exists(turn, share.square))
      squared_error +=
          slab_residuals<0>(slab_address<Order::entries_first>(rows_of(turn, share.square), row_bytes), split, tiles,
                            unit, ring.values(turn) + 16 * share.square, residuals_of(turn, share.square));
    const int tile = turn - kLag;
#pragma unroll 1
    for (int n = 0; n < Layout::kSlabs && tile >= 0 && exists(tile, n); ++n) {
      // Features past the rank are whatever lies there, and not used.
      const SharedAddress rows = rows_of(tile, n), slab = slab_address<Order::features_first>(rows, row_bytes) +
                                                          static_cast<SharedAddress>(32 * share.col);
      if (share.triangle) {
        Features f[4];
#pragma unroll
        for (int i = 0; i < 4; ++i) load_features(slab, i, f[i]);
        add_triangle<4>(gram, f, tiles - share.col, s.order);
        if constexpr (kResidual) {
          const SplitColumn e(residuals_of(tile, n));
          const float scale = __uint_as_float(residuals_of(tile, n)[16]);
#pragma unroll
          for (int i = 0; i < 4; ++i)
            if (share.col + i < tiles) add_gradient(gradient, i, f[i], e, scale);
        }
      } else {  // transposed: what lies above the diagonal, 4 x 2
        const SharedAddress below = slab_address<Order::entries_first>(rows, row_bytes);
        Features right[2];
#pragma unroll
        for (int j = 0; j < 2; ++j) load_features(below, share.row + j, right[j]);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          Features left;
          load_features(slab, i, left);
#pragma unroll
          for (int j = 0; j < 2; ++j)
            if (share.row + j < tiles) add_tile(gram[2 * i + j], left, right[j]);
        }
      }
    }
  }
  __syncthreads();  // the ring is free

  const BlockSystem system(s.rank, memory + Layout::kRows);
  const float unit_v = *s.v.unit;
  const auto write = [&](int row, int col, float number) {
    if (row < s.rank && col <= row) system.at(row, col) = number * unit_v * unit_v;
  };
  if (share.triangle) {
#pragma unroll
    for (int i = 0; i < 4; ++i)
#pragma unroll
      for (int j = 0; j <= i; ++j) for_tile(gram[packed_row(i) + j], 16 * (share.row + i), 16 * (share.col + j), write);
  } else {
#pragma unroll
    for (int i = 0; i < 4; ++i)
#pragma unroll
      for (int j = 0; j < 2; ++j)
        for_tile(gram[2 * i + j], 16 * (share.col + i), 16 * (share.row + j),
                 [&](int col, int row, float number) { write(row, col, number); });
  }
  auto* gradients = reinterpret_cast<float*>(split);
  auto* sums = reinterpret_cast<float*>(residuals);
  if constexpr (kResidual) {
    if (share.triangle)
      for (int n = 0; n < 2; ++n) {
        const int k = 16 * (share.row + lane % 4) + lane / 4 + 8 * n;
        if (k < s.rank) gradients[k] = -unit_v * gradient[n];
      }
    squared_error = warp_sum(squared_error) * 0.25F;  // every lane of a four counted it
    if (lane == 0 && !share.triangle && share.square < Layout::kSlabs) sums[share.square] = squared_error;
  }
  __syncthreads();
  const auto i = static_cast<int>(threadIdx.x);
  float g[1] = {0};
  if (i < s.rank) g[0] = kResidual ? gradients[i] : s.given_gradient(chunk.row, i);
  finish_chunk(s, slots, team, system, chunk, g, kResidual ? sums[0] + sums[1] : 0.0F);
}

__global__ void __launch_bounds__(256)
    solve_wide_split_rows_block_per_row(const RowSystems s, const SplitRow* rows, const Slots slots,
                                        const float* earlier, float* later) {
  unsigned char* memory = shared_memory<unsigned char>();
  const BlockTeam team{reinterpret_cast<double*>(memory)};
  finish_split_row<1>(s, slots, team, BlockSystem(s.rank, memory + 32 * 8), rows[blockIdx.x], earlier, later);
}

}  // namespace rankfill
