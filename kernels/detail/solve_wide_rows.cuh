// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/detail/block_residuals.cuh"
#include "kernels/detail/block_systems.cuh"
#include "kernels/detail/chunk_systems.cuh"
#include "kernels/detail/entry_ring.cuh"
#include "kernels/detail/held_system.cuh"

namespace rankfill {

/// Ranks 65 to 256, cut into kSuper super-rows of 64 features: kSuper^2 warps take a chunk.  The sums of a chunk fill some 100
/// registers of every thread, so 9 to 16 warps share a multiprocessor.
template <int kSuper>
struct WideRows {
  using Share = TileShare<kSuper>;
  static constexpr int kTiles = 4 * kSuper, kThreads = warp_size * Share::kWarps;
  static constexpr int kBlocks = kSuper > 2 ? 1 : 4;  ///< on a multiprocessor
  struct Team : FixedBlockTeam<kThreads> {
    __device__ __forceinline__ int member() const { return in_register(static_cast<int>(threadIdx.x)); }
  };
  /// Residuals by all warps at once, a slab each; otherwise by one, those of a tile while the others add up the tile before it.
  static constexpr bool kTogether = kSuper == 2;
  template <bool kResidual>
  static constexpr int kEntries = kResidual&& kTogether ? 64 : 32;
  template <bool kResidual>
  using Ring = std::conditional_t<kResidual && kTogether, EntryRing<64, 1, 2, kTiles, Team>,
                                  EntryRing<32, kResidual ? 2 : 3, 4, kSuper == 2 ? kTiles : 0, Team>>;

  // Shared memory: what the ring knows of entries, residuals of two of its tiles, their ranges, scratch, split u_i or the
  // gradient, its unit; then the ring's rows, later the system.
  static constexpr int kResidualNumbers = 2 * kOperandNumbers, kResiduals = Ring<true>::kEntryBytes,
                       kRanges = kResiduals + 2 * kResidualNumbers * 2,
                       kScratch = kRanges + (kTogether ? BlockResiduals<4>::kStateBytes : GrowingRange::kBytes),
                       kSplit = kScratch + 32 * 8, kUnit = kSplit + 16 * kTiles * 4, kRows = kUnit + 16;
  static_assert(kScratch % 16 == 0 && kRows % 16 == 0);
  static constexpr std::size_t kSharedBytes =
      static_cast<std::size_t>(kRows + std::max(Ring<true>::rows_bytes(kTiles), HeldSystem<kSuper, true>::kBytes));
};

/// The rows of several chunks, by blocks of any size.
struct WideSplitRows {
  static constexpr int threads(int rank) { return rank <= 128 ? 128 : 256; }
  static constexpr std::size_t shared_bytes(int rank) {
    return static_cast<std::size_t>(32 * 8 + BlockSystem::bytes(rank, threads(rank)));
  }
};

/// kExact: whether s.cg_steps is 0.
template <int kSuper, bool kResidual, bool kExact>
__global__ void __launch_bounds__(WideRows<kSuper>::kThreads, WideRows<kSuper>::kBlocks)
    solve_wide_rows_block_per_chunk(const RowSystems s, const Chunk* chunks, const Slots slots) {
  using Layout = WideRows<kSuper>;
  using Share = typename Layout::Share;
  const Chunk& chunk = chunks[blockIdx.x];
  if (!slots.takes(chunk.slot)) return;
  unsigned char* memory = shared_memory<unsigned char>();
  auto* const split = reinterpret_cast<std::uint16_t*>(memory + Layout::kSplit);
  // The shares are not quite equal, and warps of the same number share a scheduler with those of other blocks.
  const Share share((uniform_warp() + static_cast<int>(blockIdx.x)) % Share::kWarps);
  const typename Layout::Team team{{{reinterpret_cast<double*>(memory + Layout::kScratch)}}};
  constexpr int kRowBytes = gathered_row_bytes(Layout::kTiles);
  const int tiles = (s.rank + 15) / 16;

  typename Layout::template Ring<kResidual> ring(team, s.m, s.v, Layout::kTiles, chunk, memory + Layout::kRows, memory);
  auto* const unit = reinterpret_cast<float*>(memory + Layout::kUnit);
  if constexpr (kResidual) split_row_operands(s, team, chunk.row, 16 * Layout::kTiles, split, unit);
  typename Share::Tiles sum = {};
  float squared_error = 0, unit_e = 0;
  if constexpr (kResidual && Layout::kTogether) {
    const auto warp = [&] { return team.member() / warp_size; };  // no register for it
    BlockResiduals<Share::kWarps> residuals(memory + Layout::kResiduals);
    residuals.begin(warp());
    const auto place = share.place(0, kRowBytes);
#pragma unroll 1
    for (int tile = 0; tile < ring.num_tiles(); ++tile) {
      ring.advance(tile);
      const int own = warp();
      const SharedAddress rows = ring.rows(tile) + static_cast<SharedAddress>(16 * own * kRowBytes);
      const float e = residuals.template make<Layout::kTiles>(own, slab_address<Order::entries_first>(rows, kRowBytes),
                                                              split, *unit, ring.values(tile) + 16 * own);
      team.wait();
      residuals.settle(team, warp(), e, [&](float factor) {
        if (share.upper()) share.scale_gradient(sum, factor);
      });
      const int slabs = min(4, (ring.length() - 64 * tile + 15) / 16);
      share.template with_add<true>(tiles, s.order, [&](const auto& add) {
        auto at = place;
        at.rows += ring.rows(tile), at.cols += ring.rows(tile);
#pragma unroll 1
        for (int n = 0; n < slabs; ++n) {
          add(sum, at, residuals.operand(n));
          at.rows += 16 * kRowBytes, at.cols += 16 * kRowBytes;
        }
      });
    }
    squared_error = residuals.squared_error(warp());
    unit_e = residuals.unit(warp());
  } else {
    const auto residuals_of = [&](int tile) {
      return reinterpret_cast<std::uint16_t*>(memory + Layout::kResiduals) + tile % 2 * Layout::kResidualNumbers;
    };
    const GrowingRange ranges{reinterpret_cast<HalfRange*>(memory + Layout::kRanges)};
    constexpr int kLag = kResidual ? 1 : 0;
    if (threadIdx.x == 0) ranges.begin();
    const auto place = share.place(0, kRowBytes);
#pragma unroll 1
    for (int turn = 0; turn < ring.num_tiles() + kLag; ++turn) {
      ring.advance(turn);
      if (kResidual && share.makes_residuals() && turn < ring.num_tiles()) {
        const float e = tile_residual<Layout::kTiles, 1>(slab_address<Order::entries_first>(ring.rows(turn), kRowBytes),
                                                         kRowBytes, split, *unit, ring.values(turn));
        squared_error = fmaf(e, e, squared_error);
        ranges.store(turn, e, residuals_of(turn));
      }
      const int tile = turn - kLag;
      if (tile < 0) continue;
      const std::uint16_t* residuals = residuals_of(tile);
      if (kResidual && share.upper()) {
        const float before = ranges[tile - 1].unit;
        const HalfRange range = ranges[tile];
        if (before != range.unit) share.scale_gradient(sum, before * range.scale);
      }
      const int slabs = min(2, (ring.length() - 32 * tile + 15) / 16);
      share.template with_add<kResidual>(tiles, s.order, [&](const auto& add) {
        auto at = place;
        at.rows += ring.rows(tile), at.cols += ring.rows(tile);
#pragma unroll 1
        for (int n = 0; n < slabs; ++n) {
          add(sum, at, residuals + n * kOperandNumbers);
          at.rows += 16 * kRowBytes, at.cols += 16 * kRowBytes;
        }
      });
    }
    unit_e = ranges[ring.num_tiles() - 1].unit;
    if (share.makes_residuals()) squared_error = warp_sum(squared_error);
  }
  __syncthreads();  // the ring is free

  const float unit_v = *s.v.unit;
  auto* gradients = reinterpret_cast<float*>(split);
  auto* errors = reinterpret_cast<float*>(memory + Layout::kResiduals);
  if constexpr (kResidual) {
    if (share.upper())
      share.for_gradient(sum, [&](int k, float number) { gradients[k] = -unit_v * (unit_e * number); });
    if (Layout::kTogether) {
      if (lane_id() == 0) errors[threadIdx.x / warp_size] = squared_error;
    } else if (share.makes_residuals() && lane_id() == 0) {
      *errors = squared_error;
    }
  }
  // The chunk anew: to keep its address would cost registers in the loop.
  const Chunk& done = reinterpret_cast<const Chunk*>(in_register(reinterpret_cast<const char*>(chunks)))[blockIdx.x];
  const std::int32_t slot = uniform(done.slot);
  const auto error = [&] { return Layout::kTogether ? (errors[0] + errors[1]) + (errors[2] + errors[3]) : *errors; };
  const auto gradient = [&](int i) { return kResidual ? gradients[i] : s.given_gradient(done.row, i); };
  if (slot >= 0) {
    __syncthreads();
    float* part = slots.part(slot);
    share.for_each(sum, [&](int row, int col, float number) {
      if (row < s.rank && col <= row) part[packed_row(row) + col] = number * unit_v * unit_v;
    });
    if (const auto i = static_cast<int>(threadIdx.x); i < s.rank) part[slots.matrix + i] = gradient(i);
    if (threadIdx.x == 0) part[slots.matrix + s.rank] = kResidual ? error() : 0.0F;
    return;
  }
  const HeldSystem<kSuper, kExact> system(s.rank, unit_v, share, sum, memory + Layout::kRows);
  __syncthreads();
  float g[1] = {0};
  if (const auto i = static_cast<int>(threadIdx.x); i < s.rank) g[0] = gradient(i);
  finish_row(s, team, system, done.row, g, kResidual ? double{error()} : 0.0);
}

__global__ void __launch_bounds__(256)
    solve_wide_split_rows_block_per_row(const RowSystems s, const SplitRow* rows, const Slots slots,
                                        const float* earlier, float* later) {
  unsigned char* memory = shared_memory<unsigned char>();
  const BlockTeam team{reinterpret_cast<double*>(memory)};
  finish_split_row<1>(s, slots, team, BlockSystem(s.rank, memory + 32 * 8), rows[blockIdx.x], earlier, later);
}

}  // namespace rankfill
