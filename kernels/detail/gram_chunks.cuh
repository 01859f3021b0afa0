// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "kernels/detail/entry_ring.cuh"
#include "kernels/detail/gram_tiles.cuh"
#include "kernels/detail/pieces.cuh"
#include "kernels/detail/row_systems.cuh"
#include "kernels/detail/warp_share.cuh"

// Gram matrices to keep: a team takes a piece of a row, gathers its rows v_j in float16, adds up the triangle in registers
// and writes it as FactoredRows holds it, packed by columns.

namespace rankfill {

/// Where column j of a packed lower triangle begins; all of it has packed_column(rank, rank) numbers.
__host__ __device__ constexpr int packed_column(int rank, int j) { return j * rank - j * (j - 1) / 2; }

/// Passed by value.
struct GramRows {
  EntryView<float> m;
  int rank;
  GatherTable<__half> v;
  float* lower;                 ///< packed_column(rank, rank) numbers a row
  std::uint32_t order = kAsIs;  ///< for moved()

  __device__ __forceinline__ float* row(std::int32_t i) const {
    return lower + std::int64_t{i} * packed_column(rank, rank);
  }
};

/// Ranks up to 64 = 16 kTiles: a warp to a piece, with the whole triangle.  Above: a block, the triangle shared out.  kTiles = 8
/// and 16 do the ranks of most use with their copies unrolled, 0 the others.
template <int kTiles>
struct GramChunks {
  static constexpr bool kNarrow = kTiles > 0 && kTiles <= 4;
  static constexpr int kEntries = 32;
  using Block =
      std::conditional_t<kTiles == 0, BlockTeam, FixedBlockTeam<2 * kTiles * kTiles>>;  // 32 a super-row, squared
  using Team = std::conditional_t<kNarrow, WarpTeam, Block>;
  using Ring = EntryRing<kEntries, kNarrow ? 1 : 3, kNarrow ? 2 : 4, kTiles, Team>;
  static constexpr int kTeams = kNarrow ? 4 : 1;  ///< in a block
  static constexpr int kMostThreads = kNarrow ? kTeams * warp_size : kTiles == 8 ? 128 : 512;
  static constexpr int kBlocks = kMostThreads == 128 ? 4 : 1;  ///< on a multiprocessor, at least
  static constexpr int kHeld = kNarrow ? kTiles : 4;           ///< tiles of features in a warp

  static constexpr int super_rows(int rank) { return (rank + 63) / 64; }
  static constexpr int threads(int rank) {
    return kNarrow ? kMostThreads : super_rows(rank) * super_rows(rank) * warp_size;
  }
  /// Of shared memory.  Where the tiles of a warp go past the rank, it reads behind the last row.
  __host__ __device__ static constexpr int team_bytes(int tiles) {
    return Ring::kEntryBytes + Ring::rows_bytes(tiles) + (kNarrow ? 0 : 3 * 32);
  }
};

/// slot, or the row itself <- sum_j v_j v_j^T over the entries of a piece
template <int kTiles>
__global__ void __launch_bounds__(GramChunks<kTiles>::kMostThreads, GramChunks<kTiles>::kBlocks)
    form_triangle_team_per_piece(const GramRows s, const PieceView pieces, const Slots slots) {
  using Layout = GramChunks<kTiles>;
  const int warp = uniform_warp(), tiles = kTiles ? kTiles : (s.rank + 15) / 16;
  const std::int64_t number = std::int64_t{blockIdx.x} * Layout::kTeams + (Layout::kNarrow ? warp : 0);
  if (number >= pieces.count()) return;
  const Chunk chunk = pieces[number];
  unsigned char* memory = shared_memory<unsigned char>() + (Layout::kNarrow ? warp * Layout::team_bytes(kTiles) : 0);
  const WarpShare share(Layout::kNarrow ? 0 : warp, Layout::kNarrow ? 1 : (s.rank + 63) / 64);
  typename Layout::Ring ring(typename Layout::Team{}, s.m, s.v, tiles, chunk, memory + Layout::Ring::kEntryBytes,
                             memory);
  const int row_bytes = gathered_row_bytes(tiles);

  GramTile gram[Layout::kNarrow ? packed_row(kTiles) : 10] = {};
#pragma unroll 1
  for (int tile = 0; tile < ring.num_tiles(); ++tile) {
    ring.advance(tile);
    const int slabs = min(Layout::kEntries / 16, (ring.length() - tile * Layout::kEntries + 15) / 16);
#pragma unroll 1
    for (int n = 0; n < slabs; ++n) {
      const SharedAddress rows = ring.rows(tile) + static_cast<SharedAddress>(16 * n * row_bytes);
      const SharedAddress slab =
          slab_address<Order::features_first>(rows, row_bytes) + static_cast<SharedAddress>(32 * share.col);
      if (share.triangle) {  // features past the rank are whatever lies there, and not used
        Features f[Layout::kHeld];
#pragma unroll
        for (int i = 0; i < Layout::kHeld; ++i) load_features(slab, i, f[i]);
        add_triangle<Layout::kHeld>(gram, f, tiles - share.col, s.order);
      } else if constexpr (!Layout::kNarrow) {  // transposed: what lies above the diagonal, 4 x 2
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

  float* const to = chunk.slot < 0 ? s.row(chunk.row) : slots.part(chunk.slot);
  const float unit = *s.v.unit;
  const auto write = [&](int row, int col, float sum) {
    if (row < s.rank && col <= row) to[packed_column(s.rank, col) + row - col] = sum * unit * unit;
  };
  if (share.triangle) {
#pragma unroll
    for (int i = 0; i < Layout::kHeld; ++i)
#pragma unroll
      for (int j = 0; j <= i; ++j) for_tile(gram[packed_row(i) + j], 16 * (share.row + i), 16 * (share.col + j), write);
  } else if constexpr (!Layout::kNarrow) {
#pragma unroll
    for (int i = 0; i < 4; ++i)
#pragma unroll
      for (int j = 0; j < 2; ++j)
        for_tile(gram[2 * i + j], 16 * (share.col + i), 16 * (share.row + j),
                 [&](int col, int row, float sum) { write(row, col, sum); });
  }
}

/// A split row <- the sum of its parts, in the order of its chunks.
inline __global__ void add_parts_block_per_row(const GramRows s, const SplitRow* rows, const Slots slots) {
  const SplitRow row = rows[blockIdx.x];
  float* const to = s.row(row.row);
#pragma unroll 1
  for (int n = static_cast<int>(threadIdx.x); n < slots.matrix; n += static_cast<int>(blockDim.x))
    to[n] = slots.sum(row, nullptr, n);
}

}  // namespace rankfill
