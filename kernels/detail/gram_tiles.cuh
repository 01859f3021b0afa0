// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/ordered_sum.cuh"
#include "kernels/detail/ptx.cuh"

// Y^T Y on the tensor cores, Y a slab of 16 gathered rows in float16, in tiles of 16 x 16 on and below the diagonal.
//
// A tile of 16 columns of Y, read transposed (ldmatrix .trans), is in the same four registers both what mma wants of the
// left operand Y^T (16 features x 16 entries) and of the right one, Y (16 entries x 16 features, as two halves of 8).  So a
// slab costs one ldmatrix per 16 features and two mma per tile of the result.

namespace rankfill {

/// Tiles, or numbers, of a lower triangle before row `row`.
__host__ __device__ constexpr int packed_row(int row) { return row * (row + 1) / 2; }

/// A 16 x 16 tile of the result: two products of 16 x 8.
using GramTile = float[2][4];

/// The four 8 x 8 blocks of 16 entries x 16 features come in two orders: the left operand of mma wants the two halves of
/// the features (of the transposed rows) next to each other, the right one those of the entries.  Four registers in the wrong
/// order have to be moved for every use.
enum class Order { features_first, entries_first };

/// Where this lane points ldmatrix to in a slab that starts at `rows`.
template <Order order>
__device__ __forceinline__ SharedAddress slab_address(SharedAddress rows, int row_bytes) {
  const int lane = lane_id(), low = (lane >> 3) & 1, high = lane >> 4;
  const int entries = order == Order::features_first ? high : low, features = low + high - entries;
  return rows + static_cast<SharedAddress>(((lane & 7) + 8 * entries) * row_bytes + 16 * features);
}

/// Features 16 tile .. 16 tile + 15 of the slab, transposed.
using Features = std::uint32_t[4];
__device__ __forceinline__ void load_features(SharedAddress slab, int tile, Features& f) {
  ldmatrix_x4_transposed(slab + static_cast<SharedAddress>(32 * tile), f);
}

/// The tiles (i, j), j <= i < kTiles, i < present, of the features in f (features first).  The moves of a right operand serve
/// all tiles below it.  order: see moved().
template <int kTiles, int kSums>
__device__ __forceinline__ void add_triangle(GramTile (&sum)[kSums], const Features (&f)[kTiles], int present,
                                             std::uint32_t order) {
#pragma unroll
  for (int j = 0; j < kTiles; ++j)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const std::uint32_t low = moved(f[j][half], order), high = moved(f[j][half + 2], order);
#pragma unroll
      for (int i = j; i < kTiles; ++i)
        if (i < present) mma_16x8x16(sum[packed_row(i) + j][half], f[i][0], f[i][1], f[i][2], f[i][3], low, high);
    }
}

/// sum += the features `left` (features first), 16 rows, times `right` (entries first), 16 columns
__device__ __forceinline__ void add_tile(GramTile& sum, const Features& left, const Features& right) {
  mma_16x8x16(sum[0], left[0], left[1], left[2], left[3], right[0], right[1]);
  mma_16x8x16(sum[1], left[0], left[1], left[2], left[3], right[2], right[3]);
}

/// Calls body(row, column, number) for what this lane holds of the tile that starts at (row0, col0).
template <class Body>
__device__ __forceinline__ void for_tile(const GramTile& tile, int row0, int col0, const Body& body) {
  const int lane = lane_id();
#pragma unroll
  for (int half = 0; half < 2; ++half)
#pragma unroll
    for (int i = 0; i < 4; ++i)
      body(row0 + lane / 4 + 8 * (i / 2), col0 + 8 * half + 2 * (lane % 4) + i % 2, tile[half][i]);
}

}  // namespace rankfill
