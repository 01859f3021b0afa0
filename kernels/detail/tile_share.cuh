// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/growing_range.cuh"

namespace rankfill {

/// What one of kSuper^2 warps holds of the lower triangle of 4 kSuper x 4 kSuper tiles: with a, b < kSuper its place in a grid,
/// the tiles (kSuper x + a, kSuper y + b), x, y < 4.  So all have about the same number, whatever the rank, also of the tiles
/// that an elimination has yet to do.  Where a >= b these are a triangle of ten, x >= y; above, one of six, x > y, which leaves
/// room for sums of the gradient: of the tiles kSuper x + a where b = a + 1, of kSuper y + b where those would be missing.
template <int kSuper>
struct TileShare {
  static constexpr int kWarps = kSuper * kSuper, kMost = 10;
  using Tiles = GramTile[kMost];
  int a, b;

  __device__ __forceinline__ explicit TileShare(int warp) : a(warp / kSuper), b(warp % kSuper) {}
  __device__ __forceinline__ bool upper() const { return a < b; }
  __device__ __forceinline__ bool diagonal() const { return a == b; }
  __device__ __forceinline__ bool makes_residuals() const { return a == 0 && b == (kSuper + 1) / 2; }
  __device__ __forceinline__ bool row_gradient() const { return kSuper == 2 ? upper() : b == a + 1; }
  __device__ __forceinline__ bool col_gradient() const { return kSuper == 2 ? upper() : a == 0 && b == kSuper - 1; }
  __device__ __forceinline__ int row_tile(int x) const { return kSuper * x + a; }
  __device__ __forceinline__ int col_tile(int y) const { return kSuper * y + b; }
  __host__ __device__ static constexpr int lower_number(int x, int y) { return packed_row(x) + y; }
  __host__ __device__ static constexpr int upper_number(int x, int y) { return packed_row(x - 1) + y; }
  /// Where the gradient of the tiles x, or y, is summed.
  __device__ __forceinline__ static float (&row_gradient(Tiles& tiles, int x))[4] { return tiles[6 + x / 2][x % 2]; }
  __device__ __forceinline__ static float (&col_gradient(Tiles& tiles, int y))[4] { return tiles[8 + y / 2][y % 2]; }

  /// Where this warp's tiles begin in a slab: as ldmatrix finds the left operands, those of tile row_tile(0), and the right
  /// ones, those of col_tile(0).  Where left and right are not the same, right ones are read in their own order.
  struct Place {
    SharedAddress rows, cols;
  };
  __device__ __forceinline__ Place place(SharedAddress slab, int row_bytes) const {
    const SharedAddress left = slab_address<Order::features_first>(slab, row_bytes),
                        right = slab_address<Order::entries_first>(slab, row_bytes);
    return {left + static_cast<SharedAddress>(32 * a), (a > b ? right : left) + static_cast<SharedAddress>(32 * b)};
  }

  /// Calls body(add), where add(sum, place, residuals) adds a slab to the tiles and e times it to the gradient: the branches
  /// are taken once for all slabs.  present: tiles in a row that are not zero.  order: see moved().
  template <bool kGradient, class Body>
  __device__ __forceinline__ void with_add(int present, std::uint32_t order, const Body& body) const {
    const bool last = row_tile(3) < present;
    if (upper())
      body([&](Tiles& sum, const Place& at, const std::uint16_t* residuals) {
        add_upper<kGradient>(sum, at, last, residuals, order);
      });
    else if (diagonal())
      body([&](Tiles& sum, const Place& at, const std::uint16_t*) { add_diagonal(sum, at, last, order); });
    else
      body([&](Tiles& sum, const Place& at, const std::uint16_t*) { add_lower(sum, at, last); });
  }

  /// Calls body(row, column, number) for what this lane holds of the matrix.
  template <class Body>
  __device__ __forceinline__ void for_each(const Tiles& tiles, const Body& body) const {
#pragma unroll
    for (int x = 0; x < 4; ++x)
#pragma unroll
      for (int y = 0; y <= x; ++y)
        if (!upper())
          for_tile(tiles[lower_number(x, y)], 16 * row_tile(x), 16 * col_tile(y), body);
        else if (y < x)
          for_tile(tiles[upper_number(x, y)], 16 * row_tile(x), 16 * col_tile(y), body);
  }

  /// Calls body(feature, number) for the gradient.
  template <class Body>
  __device__ __forceinline__ void for_gradient(Tiles& tiles, const Body& body) const {
    const int lane = lane_id();
    const auto take = [&](const float(&sum)[4], int tile) {
      if (lane % 4 == 0)  // the four hold the same
        for (int h = 0; h < 2; ++h) body(16 * tile + lane / 4 + 8 * h, sum[2 * h] + sum[2 * h + 1]);
    };
#pragma unroll
    for (int x = 0; x < 4; ++x) {
      if (row_gradient()) take(row_gradient(tiles, x), row_tile(x));
      if (col_gradient()) take(col_gradient(tiles, x), col_tile(x));
    }
  }
  __device__ __forceinline__ void scale_gradient(Tiles& tiles, float factor) const {
#pragma unroll
    for (int n = 6; n < kMost; ++n)
#pragma unroll
      for (int half = 0; half < 2; ++half)
#pragma unroll
        for (int i = 0; i < 4; ++i) tiles[n][half][i] *= factor;
  }

 private:
  __device__ __forceinline__ static void load(SharedAddress at, int x, Features& f) {
    load_features(at, kSuper * x, f);
  }
  /// last: whether the tiles x = 3 are there, other than as zeros.
  __device__ __forceinline__ static void add_lower(Tiles& sum, const Place& at, bool last) {
    Features right[4];
#pragma unroll
    for (int x = 0; x < 4; ++x) {
      Features left;
      load(at.rows, x, left);
      load(at.cols, x, right[x]);
      if (x == 3 && !last) break;
#pragma unroll
      for (int y = 0; y <= x; ++y) add_tile(sum[lower_number(x, y)], left, right[y]);
    }
  }
  __device__ __forceinline__ static void add_diagonal(Tiles& sum, const Place& at, bool last, std::uint32_t order) {
    Features right[4];
#pragma unroll
    for (int x = 0; x < 4; ++x) {
      Features left;
      load(at.rows, x, left);
      if (x == 3 && !last) break;
      as_right(left, order, right[x]);
#pragma unroll
      for (int y = 0; y <= x; ++y) add_tile(sum[lower_number(x, y)], left, right[y]);
    }
  }
  template <bool kGradient>
  __device__ __forceinline__ void add_upper(Tiles& sum, const Place& at, bool last, const std::uint16_t* residuals,
                                            std::uint32_t order) const {
    const uint2 e = kGradient ? load_split(residuals) : uint2{};
    Features right[4];
#pragma unroll
    for (int x = 0; x < 4; ++x) {
      Features left, col;
      if (x > 0 || (kGradient && row_gradient())) load(at.rows, x, left);
      if (x < 3 || (kGradient && col_gradient())) load(at.cols, x, col);
      if (x == 3 && !last) break;
#pragma unroll
      for (int y = 0; y < x; ++y) add_tile(sum[upper_number(x, y)], left, right[y]);
      if (kGradient && row_gradient()) add_gradient(row_gradient(sum, x), left, e);
      if (kGradient && col_gradient()) add_gradient(col_gradient(sum, x), col, e);
      if (x < 3) as_right(col, order, right[x]);
    }
  }
  __device__ __forceinline__ static void as_right(const Features& left, std::uint32_t order, Features& right) {
    right[0] = moved(left[0], order), right[1] = moved(left[2], order);
    right[2] = moved(left[1], order), right[3] = moved(left[3], order);
  }
  __device__ __forceinline__ static void add_gradient(float (&sum)[4], const Features& f, const uint2& e) {
    mma_16x8x16(sum, f[0], f[1], f[2], f[3], e.x, e.y);
  }
};

}  // namespace rankfill
