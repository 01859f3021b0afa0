// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/gram_tiles.cuh"

// Residuals of a slab of 16 entries, and what they add to the gradient, on the tensor cores.  The gathered rows are float16,
// and nothing else may be: u_i and e are split into a float16 and the float16 of what it leaves, 22 bits in all, in even and
// odd columns of an operand, and the two columns of the product are added.  Both are scaled by powers of two first.

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

/// x = low 16 bits + high 16 bits, to 22 bits; |x| < 2^15
__device__ __forceinline__ std::uint32_t split_half(float x) {
  const __half first = __float2half_rn(x);
  const __half rest = __float2half_rn(x - __half2float(first));
  return __half_as_ushort(first) | static_cast<std::uint32_t>(__half_as_ushort(rest)) << 16;
}

/// What a lane needs of a split vector of 16 as right operand of mma: the numbers 2 t, 2 t + 1, 2 t + 8, 2 t + 9, t its
/// number within four lanes, of the part that its column takes.
struct SplitColumn {
  std::uint32_t b0, b1;
  /// x: 16 numbers in shared memory, aligned to 8 bytes.
  __device__ __forceinline__ explicit SplitColumn(const std::uint32_t* x) {
    const int lane = lane_id(), t = lane % 4;
    const unsigned part = (lane / 4) % 2 != 0 ? 0x7632U : 0x5410U;  // both first parts, or both second ones
    const uint2 low = *reinterpret_cast<const uint2*>(x + 2 * t), high = *reinterpret_cast<const uint2*>(x + 2 * t + 8);
    b0 = __byte_perm(low.x, low.y, part);
    b1 = __byte_perm(high.x, high.y, part);
  }
};

/// The residuals of a slab, split and scaled: 16 numbers, then the inverse of the scale.
inline constexpr int kSplitResiduals = 18;

/// e_j = value_j - unit <u_i, v_j> for the 16 entries of a slab, from `tiles` tiles of split u_i.  Lane l receives the
/// squares of those of the entries l / 4 and l / 4 + 8 (all four lanes of a four the same) and leaves the residuals in
/// `residuals` (kSplitResiduals numbers of shared memory).  slab: entries first.  By the whole warp.
template <int kTiles>
__device__ __forceinline__ float slab_residuals(SharedAddress slab, const std::uint32_t* u, int tiles, float unit,
                                                const float* values, std::uint32_t* residuals) {
  const int lane = lane_id();
  float even[4] = {}, odd[4] = {};  // two chains of products, because each waits for the one before it
  const auto add = [&](float(&product)[4], int tile) {
    std::uint32_t y[4];  // not transposed: entries x features
    ldmatrix_x4(slab + static_cast<SharedAddress>(32 * tile), y);
    const SplitColumn x(u + 16 * tile);
    mma_16x8x16(product, y[0], y[1], y[2], y[3], x.b0, x.b1);
  };
  const int count = kTiles ? kTiles : tiles;
#pragma unroll(kTiles ? 2 : 1)
  for (int tile = 0; tile + 1 < count; tile += 2) {
    add(even, tile);
    add(odd, tile + 1);
  }
  if (count % 2 != 0) add(even, count - 1);
  const float e0 = fmaf(-unit, (even[0] + even[1]) + (odd[0] + odd[1]), values[lane / 4]);
  const float e1 = fmaf(-unit, (even[2] + even[3]) + (odd[2] + odd[3]), values[lane / 4 + 8]);
  float largest = fmaxf(fabsf(e0), fabsf(e1));
#pragma unroll
  for (int offset = 4; offset < warp_size; offset *= 2)
    largest = fmaxf(largest, __shfl_xor_sync(full_warp, largest, offset));
  const HalfRange range(largest);
  if (lane % 4 == 0) {
    residuals[lane / 4] = split_half(e0 * range.scale);
    residuals[lane / 4 + 8] = split_half(e1 * range.scale);
    if (lane == 0) residuals[16] = __float_as_uint(range.unit);
  }
  return e0 * e0 + e1 * e1;
}

/// A gradient of up to 64 features, in tiles of 16: lane l keeps the features 16 i + l / 4 and 16 i + l / 4 + 8, i = l % 4.
using GradientTiles = float[2];

/// gradient += e_1 y_1 + ... + e_16 y_16 for the features of tile i.
__device__ __forceinline__ void add_gradient(GradientTiles& gradient, int i, const Features& f, const SplitColumn& e,
                                             float unit) {
  float product[4] = {};  // the same in all lanes of a four
  mma_16x8x16(product, f[0], f[1], f[2], f[3], e.b0, e.b1);
  if (static_cast<int>(threadIdx.x) % 4 == i) {
    gradient[0] = fmaf(unit, product[0] + product[1], gradient[0]);
    gradient[1] = fmaf(unit, product[2] + product[3], gradient[1]);
  }
}

}  // namespace rankfill
