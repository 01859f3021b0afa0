// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/gather_copy.cuh"
#include "kernels/detail/gram_tiles.cuh"

// Residuals of 32 entries by one warp, one to a lane, and what they add to the gradient, on the tensor cores.  The gathered rows are
// float16, and nothing else may be: u_i and e are split into a float16 and the float16 of what it leaves, 22 bits in all, in even
// and odd columns of an operand, and the two columns of the product are added.  Both are scaled by powers of two first.
// Instructions count here, not bytes: operands lie in shared memory as the tensor cores take them, all residuals of a chunk have one
// scale, and the sums of the gradient stay where the products leave them.

namespace rankfill {

/// The power of two that takes numbers up to `largest` close below the largest float16, and its inverse.
struct HalfRange {
  float scale, unit;
  __device__ __forceinline__ explicit HalfRange(float largest) {
    const int exponent = gather_detail::half_scale(largest);
    scale = gather_detail::power_of_two(exponent);
    unit = gather_detail::power_of_two(-exponent);
  }
};

/// 16 numbers as a right operand of mma: the float16 part of each in even columns, what it leaves in odd ones.  In memory 16
/// first parts, then 16 rests, in the order in which lanes fetch them.
inline constexpr int kOperandNumbers = 32;
__host__ __device__ constexpr int operand_place(int n) { return n % 8 / 2 * 4 + n / 8 * 2 + n % 2; }

/// Number n of `operand` = x, to 22 bits; |x| < 2^16
__device__ __forceinline__ void store_split(std::uint16_t* operand, int n, float x) {
  const __half first = __float2half_rn(x);
  operand[operand_place(n)] = __half_as_ushort(first);
  operand[operand_place(n) + 16] = __half_as_ushort(__float2half_rn(x - __half2float(first)));
}

/// A lane's share of it.
__device__ __forceinline__ uint2 load_split(const std::uint16_t* operand) {
  const int lane = lane_id();
  return *reinterpret_cast<const uint2*>(operand + lane / 4 % 2 * 16 + lane % 4 * 4);
}

/// The entry of a tile of 32 that a lane has the residual of.
__device__ __forceinline__ int entry_of_lane() { return lane_id() % 4 * 8 + lane_id() / 4; }

/// e = value - unit <u_i, v_j> of the lane's entry.  slab: of the tile's first 16 rows, entries first; u: u_i split, 16 numbers
/// after 16 numbers.  By the whole warp.
template <int kTiles, int kUnroll = kTiles>
__device__ __forceinline__ float tile_residual(SharedAddress slab, int row_bytes, const std::uint16_t* u, float unit,
                                               const float* values) {
  float product[2][4] = {};  // the same in all lanes of a four
#pragma unroll kUnroll
  for (int i = 0; i < kTiles; ++i) {
    const uint2 x = load_split(u + kOperandNumbers * i);
#pragma unroll
    for (int n = 0; n < 2; ++n) {
      std::uint32_t y[4];  // not transposed: entries x features
      ldmatrix_x4(slab + static_cast<SharedAddress>(16 * n * row_bytes + 32 * i), y);
      mma_16x8x16(product[n], y[0], y[1], y[2], y[3], x.x, x.y);
    }
  }
  const int t = lane_id() % 4;
  const float(&mine)[4] = product[0];
  const float first = t % 2 ? mine[2] + mine[3] : mine[0] + mine[1];
  const float second = t % 2 ? product[1][2] + product[1][3] : product[1][0] + product[1][1];
  return fmaf(-unit, t < 2 ? first : second, values[entry_of_lane()]);
}

/// The gradient of up to 64 features: lane l keeps, each as two numbers to be added, the features 16 i + l / 4 and
/// 16 i + l / 4 + 8 of tile i = l % 4, times 2^exponent.
class TileGradient {
 public:
  /// Takes the residuals e of the lanes' entries, all together: they are left as two operands in `residuals`, with room for 64
  /// numbers.  Where they outgrow the scale, a smaller one is chosen, with room above for residuals yet to come.
  __device__ __forceinline__ void scale(float e, std::uint16_t* residuals) {
    const float largest = __uint_as_float(warp_max(__float_as_uint(e) & 0x7FFFFFFFU));
    if (largest * gather_detail::power_of_two(exponent_) >= 0x1p15F) {
      const int smaller = max(-126, gather_detail::half_scale(largest) - 3);
      const float change = gather_detail::power_of_two(max(smaller - exponent_, -126));
#pragma unroll
      for (float& sum : sum_) sum *= change;
      exponent_ = smaller;
    }
    const int entry = entry_of_lane();
    store_split(residuals + entry / 16 * kOperandNumbers, entry % 16, e * gather_detail::power_of_two(exponent_));
  }

  /// += e_1 y_1 + ... + e_16 y_16 for a slab.  f: its features; e: load_split of what scale left.
  template <int kTiles>
  __device__ __forceinline__ void add(const Features (&f)[kTiles], uint2 e) {
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
      const bool column = lane_id() / 8 == i;  // columns 2 i and 2 i + 1 are those of tile i
      mma_16x8x16(sum_, f[i][0], f[i][1], f[i][2], f[i][3], column ? e.x : 0U, column ? e.y : 0U);
    }
  }

  /// The sum over e_j y_j for feature 16 (l % 4) + l / 4 + 8 half.
  __device__ __forceinline__ float sum(int half) const {
    const float unscaled = gather_detail::power_of_two(-exponent_);
    return half ? unscaled * (sum_[2] + sum_[3]) : unscaled * (sum_[0] + sum_[1]);
  }

 private:
  float sum_[4] = {};
  int exponent_ = 126;
};

}  // namespace rankfill
