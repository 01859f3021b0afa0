// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "kernels/detail/block_systems.cuh"
#include "kernels/detail/tile_share.cuh"

namespace rankfill {

/// A symmetric system whose matrix, but for the diagonal, stays in the accumulators that it was summed in, spread over a
/// block as TileShare says.  Conjugate gradients multiply from there: a number serves its row and its column, so
/// 2 x 8 products per tile and lane, then one sum over the warp and one over the block.  Thread i stands for row i.
/// kExact: it can solve; otherwise, multiply.
template <int kSuper, bool kExact>
class HeldSystem {
 public:
  using Vector = float[1];
  using Share = TileShare<kSuper>;
  using Tiles = typename Share::Tiles;
  static constexpr int kRows = 64 * kSuper, kParts = 2 * kSuper;

  /// Of shared memory: the diagonal, x, and what a product or the factors need.
  static constexpr int kBytes =
      2 * kRows * 4 + std::max(kParts * kRows * 4, BlockSystem::bytes(kRows, warp_size* Share::kWarps));

  /// The system is unit^2 times the tiles, whose diagonal is taken out.  memory: kBytes, aligned to 16.  The block waits
  /// before it uses it.
  __device__ __forceinline__ HeldSystem(int rank, float unit, const Share& share, Tiles& tiles, unsigned char* memory)
      : rank_(rank),
        unit_(unit),
        share_(share),
        tiles_(tiles),
        diagonal_(reinterpret_cast<float*>(memory)),
        x_(diagonal_ + kRows),
        parts_(x_ + kRows) {
    if (share.diagonal())
      for_diagonal([&](float& number, int row) {
        diagonal_[row] = number * unit * unit;
        number = 0;
      });
  }

  __device__ __forceinline__ static constexpr int rows() { return kRows; }
  __device__ __forceinline__ float& diagonal(int i) const { return diagonal_[i]; }

  /// q = A p
  __device__ __forceinline__ void multiply(const Vector& p, Vector& q) const {
    if constexpr (kExact) return;
    const auto i = static_cast<int>(threadIdx.x);
    if (i < kRows) x_[i] = i < rank_ ? unit_ * p[0] : 0.0F;
    __syncthreads();
    if (share_.upper())
      add_products<true>();
    else
      add_products<false>();
    __syncthreads();
    float sum = 0;
    if (i < kRows) {
#pragma unroll
      for (int n = 0; n < kParts; ++n) sum += parts_[n * kRows + i];
    }
    q[0] = i < rank_ ? fmaf(unit_, sum, diagonal_[i] * p[0]) : 0.0F;
  }

  /// A d = g.  No pivot is smaller than `floor`.
  __device__ __forceinline__ void solve(const Vector& g, float floor, Vector& d) const {
    if constexpr (kExact) {
      const BlockSystem system(rank_, reinterpret_cast<unsigned char*>(x_));
      share_.for_each(tiles_, [&](int row, int col, float number) {
        if (row < rank_ && col < row) system.at(row, col) = number * unit_ * unit_;
      });
      if (const auto i = static_cast<int>(threadIdx.x); i < rank_) system.diagonal(i) = diagonal_[i];
      system.solve(g, floor, d);
    }
  }

 private:
  /// Calls body(number, row) for what this lane holds of the diagonal.
  template <class Body>
  __device__ __forceinline__ void for_diagonal(const Body& body) const {
    const int lane = lane_id();
#pragma unroll
    for (int x = 0; x < 4; ++x)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        if (lane / 4 == 2 * (lane % 4) + i % 2)
          body(tiles_[Share::lower_number(x, x)][i / 2][i], 16 * share_.row_tile(x) + lane / 4 + 8 * (i / 2));
  }

  /// What this warp's tiles, and their mirror images, add to A x: part b of the rows it holds, part kSuper + a of the columns.
  template <bool kUpper>
  __device__ __forceinline__ void add_products() const {
    constexpr int kOff = kUpper ? 1 : 0;
    const int lane = lane_id(), g = lane / 4, t = lane % 4;
    float* const of_rows = parts_ + share_.b * kRows;
    float* const of_cols = parts_ + (kSuper + share_.a) * kRows;
    float x_row[4][2], row[4][2] = {};
#pragma unroll
    for (int x = 0; x < 4; ++x)
#pragma unroll
      for (int h = 0; h < 2; ++h) x_row[x][h] = x_[16 * share_.row_tile(x) + g + 8 * h];
    // a tile on the diagonal is whole: it has no mirror image
    const float mirrored = share_.diagonal() ? 0.0F : 1.0F;
#pragma unroll
    for (int y = 0; y < 4; ++y) {
      const float* of_y = x_ + 16 * share_.col_tile(y) + 2 * t;
      float col[4] = {};  // of the columns 2 t, 2 t + 1, 2 t + 8, 2 t + 9
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const float2 x_col = *reinterpret_cast<const float2*>(of_y + 8 * half);
#pragma unroll
        for (int x = y + kOff; x < 4; ++x) {
          const float(&number)[4] =
              tiles_[kUpper ? Share::upper_number(x > 0 ? x : 1, y) : Share::lower_number(x, y)][half];
#pragma unroll
          for (int h = 0; h < 2; ++h) {
            row[x][h] = fmaf(number[2 * h], x_col.x, fmaf(number[2 * h + 1], x_col.y, row[x][h]));
            const float other = x == y ? mirrored * x_row[x][h] : x_row[x][h];
            col[2 * half] = fmaf(number[2 * h], other, col[2 * half]);
            col[2 * half + 1] = fmaf(number[2 * h + 1], other, col[2 * half + 1]);
          }
        }
      }
      // over the eight lanes of a column, which keep ever fewer of the four
      const float a = halve<16>(col[0], col[2]), b = halve<16>(col[1], col[3]);
      float sum = halve<8>(a, b);
      sum += __shfl_xor_sync(full_warp, sum, 4);
      if ((lane & 4) == 0) of_cols[16 * share_.col_tile(y) + 8 * (lane / 16) + 2 * t + lane / 8 % 2] = sum;
    }
    float first[4];
#pragma unroll
    for (int x = 0; x < 4; ++x) first[x] = halve<2>(row[x][0], row[x][1]);
#pragma unroll
    for (int x = 0; x < 4; x += 2)
      of_rows[16 * share_.row_tile(x + t % 2) + g + 8 * (t / 2)] = halve<1>(first[x], first[x + 1]);
  }

  /// x summed with that of the lane `kDistance` away, in lanes with a zero there; y in the others.
  template <int kDistance>
  __device__ __forceinline__ static float halve(float x, float y) {
    const bool second = (lane_id() & kDistance) != 0;
    const float other = __shfl_xor_sync(full_warp, second ? x : y, kDistance);
    return (second ? y : x) + other;
  }

  int rank_;
  float unit_;
  const Share& share_;
  Tiles& tiles_;
  float* diagonal_;
  float* x_;
  float* parts_;
};

}  // namespace rankfill
