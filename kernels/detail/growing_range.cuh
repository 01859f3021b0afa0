// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/row_systems.cuh"
#include "kernels/detail/tile_residual.cuh"

namespace rankfill {

/// u_i split, zero up to `size` numbers, by a team of at least so many members; *unit becomes what a product is to be
/// multiplied by.  The team waits before it uses them.
template <class Team>
__device__ __forceinline__ void split_row_operands(const RowSystems& s, const Team& team, int row, int size,
                                                   std::uint16_t* operands, float* unit) {
  const int i = team.member();
  const float x = i < s.rank ? s.row(row)[i] : 0.0F;
  const HalfRange range(team.max(fabsf(x)));
  if (i < size) store_split(operands + i / 16 * kOperandNumbers, i % 16, x * range.scale);
  if (i == 0) *unit = range.unit * *s.v.unit;
}

/// One scale for all residuals of a chunk so far: their products with the rows stay in the accumulators of the tensor cores
/// from the first slab to the last.  The first residuals leave room for some sixteen times as large; where that does not
/// suffice, a smaller scale follows.  Float16 reaches so far down that the room costs no bits.  In shared memory, because the
/// accumulators leave few registers: of the last four tiles, and at first that of no residuals before tile 0.
struct GrowingRange {
  static constexpr int kBytes = 4 * sizeof(HalfRange);
  HalfRange* of_tile;
  __device__ __forceinline__ HalfRange& operator[](int tile) const { return of_tile[static_cast<unsigned>(tile) % 4]; }
  __device__ __forceinline__ void begin() const { (*this)[-1] = HalfRange(0); }
  /// Takes the residuals e of a tile, as tile_residual has them, by one warp: they are left as two operands in `residuals`.
  __device__ __forceinline__ void store(int tile, float e, std::uint16_t* residuals) const {
    const float largest = __uint_as_float(warp_max(__float_as_uint(e) & 0x7FFFFFFFU));
    HalfRange range = (*this)[tile - 1];
    if (largest * range.scale >= 0x1p15F) range = HalfRange(16 * largest);
    const int entry = entry_of_lane();
    store_split(residuals + entry / 16 * kOperandNumbers, entry % 16, e * range.scale);
    if (lane_id() == 0) (*this)[tile] = range;
  }
};

}  // namespace rankfill
