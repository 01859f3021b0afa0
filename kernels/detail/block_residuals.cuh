// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/row_systems.cuh"
#include "kernels/detail/teams.cuh"
#include "kernels/detail/tile_residual.cuh"

namespace rankfill {

/// The residuals of a tile of 16 entries for each of kWarps warps, made by all of them at once and left in shared memory as
/// operands of the tensor cores.  As with GrowingRange all residuals of a chunk so far have one scale, which leaves room for some
/// sixteen times as large; here every warp keeps it, in shared memory, because the accumulators leave few registers.
template <int kWarps>
class BlockResiduals {
 public:
  static_assert(kWarps == 4);
  static constexpr int kStateBytes = kWarps * (2 + warp_size) * 4, kBytes = kWarps * kOperandNumbers * 2 + kStateBytes;

  /// memory: kBytes of shared memory, aligned to 16.
  __device__ __forceinline__ explicit BlockResiduals(unsigned char* memory)
      : operands_(reinterpret_cast<std::uint16_t*>(memory)),
        largest_(reinterpret_cast<std::uint32_t*>(operands_ + kWarps * kOperandNumbers)),
        scale_(reinterpret_cast<float*>(largest_ + kWarps)),
        squared_error_(scale_ + kWarps) {}

  /// By all warps, before they wait.
  __device__ __forceinline__ void begin(int warp) const {
    if (lane_id() == 0) scale_[warp] = HalfRange(0).scale;
    squared_error_[warp * warp_size + lane_id()] = 0;
  }

  /// The operand of slab n.
  __device__ __forceinline__ const std::uint16_t* operand(int n) const { return operands_ + n * kOperandNumbers; }
  /// By which a sum of operands is to be multiplied.
  __device__ __forceinline__ float unit(int warp) const {
    return __uint_as_float((254U << 23) - __float_as_uint(scale_[warp]));
  }
  /// The sum of e^2 over the entries of this warp.
  __device__ __forceinline__ float squared_error(int warp) const {
    return 0.5F * warp_sum(squared_error_[warp * warp_size + lane_id()]);
  }

  /// e = value - unit <u_i, v_j> for slab `warp`, whose rows (entries first, where ldmatrix finds them) and values these are.
  /// u: u_i split, kTiles times 16 numbers.
  template <int kTiles>
  __device__ __forceinline__ float make(int warp, SharedAddress slab, const std::uint16_t* u, float unit,
                                        const float* values) const {
    float product[2][4] = {};  // of even and odd tiles; the same in all lanes of a four
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
      const uint2 x = load_split(u + kOperandNumbers * i);
      std::uint32_t y[4];  // not transposed: entries x features
      ldmatrix_x4(slab + static_cast<SharedAddress>(32 * i), y);
      mma_16x8x16(product[i % 2], y[0], y[1], y[2], y[3], x.x, x.y);
    }
    float sum[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) sum[i] = product[0][i] + product[1][i];
    const float e = fmaf(-unit, lane_id() % 2 ? sum[2] + sum[3] : sum[0] + sum[1], values[entry()]);
    float& squared_error = squared_error_[warp * warp_size + lane_id()];
    squared_error = fmaf(e, e, squared_error);
    const std::uint32_t largest = warp_max(__float_as_uint(e) & 0x7FFFFFFFU);
    if (lane_id() == 0) largest_[warp] = largest;
    store(warp, e * scale_[warp]);
    return e;
  }

  /// After the team has waited: where residuals outgrew the scale, takes a smaller one and calls rescale(factor) for what was
  /// summed before.  The same in all warps.
  template <class Team, class Rescale>
  __device__ __forceinline__ void settle(const Team& team, int warp, float e, const Rescale& rescale) const {
    const uint4 of_warp = *reinterpret_cast<const uint4*>(largest_);
    const float largest = __uint_as_float(max(max(of_warp.x, of_warp.y), max(of_warp.z, of_warp.w)));
    if (largest * scale_[warp] >= 0x1p15F) {
      const HalfRange range(16 * largest);
      rescale(unit(warp) * range.scale);
      __syncwarp();
      if (lane_id() == 0) scale_[warp] = range.scale;
      store(warp, e * range.scale);
      team.wait();
    }
  }

 private:
  /// Of the slab: this lane has the residual of this one; lanes 4 g + t and 4 g + t + 2 have the same.
  __device__ __forceinline__ static int entry() { return lane_id() / 4 + lane_id() % 2 * 8; }
  __device__ __forceinline__ void store(int warp, float scaled) const {
    if (lane_id() % 4 < 2) store_split(operands_ + warp * kOperandNumbers, entry(), scaled);
  }

  std::uint16_t* operands_;
  std::uint32_t* largest_;
  float* scale_;
  float* squared_error_;
};

}  // namespace rankfill
