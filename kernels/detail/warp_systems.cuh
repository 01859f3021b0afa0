// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/row_systems.cuh"

namespace rankfill {

/// A symmetric system of 16 kTiles rows, at most 64, in shared memory, for one warp.  Lane l stands for the rows l and l + 32.
///
/// The lower triangle lies in panels of 16 columns; a column begins at the panel's diagonal block, which is whole, and ends
/// with a gap of four.  So columns begin at multiples of 16 bytes and are an odd number of them apart, and rows next to each
/// other in one column, four rows of columns next to each other, and four rows of one column for the whole warp are each
/// fetched without a bank conflict.  There are as many systems at work on a multiprocessor as warps, so what counts is not how
/// long a warp waits but how often it goes to shared memory.
template <int kTiles>
class WarpSystem {
 public:
  static constexpr int kRows = 16 * kTiles, kSize = (kRows + warp_size - 1) / warp_size;
  using Vector = float[kSize];

  __host__ __device__ static constexpr int stride(int panel) { return 16 * (kTiles - panel) + 4; }
  __host__ __device__ static constexpr int offset(int panel) { return 16 * panel * (16 * kTiles + 12 - 8 * panel); }
  static constexpr int kMatrix = offset(kTiles);            ///< numbers
  static constexpr int kBytes = (kMatrix + 2 * kRows) * 4;  ///< of shared memory, aligned to 16

  __device__ __forceinline__ explicit WarpSystem(unsigned char* memory)
      : a_(reinterpret_cast<float*>(memory)), inverse_(a_ + kMatrix), x_(inverse_ + kRows) {}

  __device__ __forceinline__ static constexpr int rows() { return kRows; }
  __device__ __forceinline__ float* matrix() const { return a_; }
  /// Element (row, col), col not in a later panel than row.
  __device__ __forceinline__ float& at(int row, int col) const {
    const int panel = col / 16;
    return a_[offset(panel) + col % 16 * stride(panel) + row - 16 * panel];
  }
  __device__ __forceinline__ float& diagonal(int i) const { return at(i, i); }

  /// q = A p
  __device__ __forceinline__ void multiply(const Vector& p, Vector& q) const {
    store(p);
#pragma unroll
    for (int n = 0; n < kSize; ++n) {
      const int i = min(lane_id() + 32 * n, kRows - 1), panel = i / 16;
      const float* column = &at(16 * panel, i) - 16 * panel;  // A(r, i) for r >= 16 panel
      float sum = 0;
#pragma unroll 4
      for (int r = 32 * n; r < kRows; r += 4)
        if (r >= 16 * panel) sum = dot4(column + r, x_ + r, sum);
#pragma unroll
      for (int before = 0; before < min(2 * n + 1, kTiles); ++before)
        if (before < panel) {
          const float* row = &at(i, 16 * before);
#pragma unroll 2
          for (int c = 0; c < 16; c += 4, row += 4 * stride(before)) {
            const float4 x = four(x_ + 16 * before + c);
            sum = fmaf(row[0], x.x, fmaf(row[stride(before)], x.y, sum));
            sum = fmaf(row[2 * stride(before)], x.z, fmaf(row[3 * stride(before)], x.w, sum));
          }
        }
      q[n] = lane_id() + 32 * n < kRows ? sum : 0.0F;
    }
  }

  /// A d = g; A is overwritten.  No pivot is smaller than `floor`.
  __device__ __forceinline__ void solve(const Vector& g, float floor, Vector& d) const {
    store(g);
    factor<0>(floor);
    substitute<kTiles - 1>();
#pragma unroll
    for (int n = 0; n < kSize; ++n) d[n] = lane_id() + 32 * n < kRows ? x_[lane_id() + 32 * n] : 0.0F;
  }

 private:
  /// x_ = x
  __device__ __forceinline__ void store(const Vector& x) const {
    __syncwarp();
#pragma unroll
    for (int n = 0; n < kSize; ++n)
      if (lane_id() + 32 * n < kRows) x_[lane_id() + 32 * n] = x[n];
    __syncwarp();
  }
  __device__ __forceinline__ static float4 four(const float* p) { return *reinterpret_cast<const float4*>(p); }
  __device__ __forceinline__ static void store4(float* p, const float* x) {
    *reinterpret_cast<float4*>(p) = make_float4(x[0], x[1], x[2], x[3]);
  }
  __device__ __forceinline__ static float dot4(const float* x, const float* y, float sum) {
    const float4 a = four(x), b = four(y);
    return fmaf(a.x, b.x, fmaf(a.y, b.y, fmaf(a.z, b.z, fmaf(a.w, b.w, sum))));
  }
  __device__ __forceinline__ static void load16(const float* p, float (&x)[16], int first = 0) {
#pragma unroll
    for (int i = first / 4; i < 4; ++i) {
      const float4 y = four(p + 4 * i);
      x[4 * i] = y.x, x[4 * i + 1] = y.y, x[4 * i + 2] = y.z, x[4 * i + 3] = y.w;
    }
  }

  /// A = L D L^T and x_ = D^-1 L^-1 x_, from panel kPanel on: first what the columns before take from those of the panel, then
  /// these one by one.  They are left as L D, with the inverse of D in inverse_.  Lane l holds the rows l and l + 32 from the
  /// diagonal on, and the right side of row l < 16.
  template <int kPanel>
  __device__ __forceinline__ void factor(float floor) const {
    constexpr int kBelow = kRows - 16 * kPanel, kHeld = (kBelow + warp_size - 1) / warp_size, kStride = stride(kPanel);
    const int lane = lane_id();
    const auto exists = [&](int h) { return lane + 32 * h < kBelow; };
    float* const panel = a_ + offset(kPanel);
    float* const x = x_ + 16 * kPanel;
    float a[kHeld][16], row[16];
#pragma unroll
    for (int h = 0; h < kHeld; ++h)
#pragma unroll
      for (int c = 0; c < 16; ++c) a[h][c] = exists(h) ? panel[c * kStride + lane + 32 * h] : 0.0F;
    float right = lane < 16 ? x[lane] : 0.0F;
#pragma unroll 1
    for (int j = 0; j < 16 * kPanel; ++j) {
      const float* column = &at(16 * kPanel, j);
      const float inverse = inverse_[j], x_j = x_[j];
      load16(column, row);
#pragma unroll
      for (int h = 0; h < kHeld; ++h) {
        const float l = exists(h) ? column[lane + 32 * h] : 0.0F;
        if (h == 0) right = fmaf(-l, x_j, right);
#pragma unroll
        for (int c = 0; c < 16; ++c) a[h][c] = fmaf(l * -inverse, row[c], a[h][c]);
      }
    }
    float inverse[16], solved[16];
#pragma unroll
    for (int j = 0; j < 16; ++j) {
#pragma unroll
      for (int h = 0; h < kHeld; ++h)
        if (exists(h)) panel[j * kStride + lane + 32 * h] = a[h][j];
      __syncwarp();
      load16(panel + j * kStride, row, j);
      inverse[j] = fast_inverse(fmaxf(row[j], floor));
      solved[j] = __shfl_sync(full_warp, right, j) * inverse[j];
      right = fmaf(-a[0][j], solved[j], right);  // nonsense in the rows up to j, which are done
#pragma unroll
      for (int h = 0; h < kHeld; ++h)
#pragma unroll
        for (int c = j + 1; c < 16; ++c) a[h][c] = fmaf(a[h][j] * -inverse[j], row[c], a[h][c]);
      if (j % 4 == 3 && lane == 0) {
        store4(inverse_ + 16 * kPanel + j - 3, inverse + j - 3);
        store4(x + j - 3, solved + j - 3);
      }
    }
    __syncwarp();
    if constexpr (kPanel + 1 < kTiles) factor<kPanel + 1>(floor);
  }

  /// x_ = L^-T x_, from panel kPanel back to the first.  Lanes l and l + 16 stand for column l of a panel.
  template <int kPanel>
  __device__ __forceinline__ void substitute() const {
    constexpr int kBelow = kRows - 16 * kPanel;
    const int c = lane_id() % 16, half = lane_id() / 16;
    const float* column = a_ + offset(kPanel) + c * stride(kPanel);
    float* const x = x_ + 16 * kPanel;
    const float inverse = inverse_[16 * kPanel + c];
    float sum = 0, row[16];
#pragma unroll
    for (int r = 16; r < kBelow; r += 8) sum = dot4(column + r + 4 * half, x + r + 4 * half, sum);
    float y = fmaf(-inverse, sum + __shfl_xor_sync(full_warp, sum, 16), x[c]);
    load16(column, row);
    __syncwarp();
    float solved[16];
#pragma unroll
    for (int j = 15; j >= 0; --j) {
      solved[j] = __shfl_sync(full_warp, y, j);
      y = fmaf(row[j] * -inverse, solved[j], y);  // nonsense in the rows from j on, which are done
      if (j % 4 == 0 && lane_id() == 0) store4(x + j, solved + j);
    }
    __syncwarp();
    if constexpr (kPanel > 0) substitute<kPanel - 1>();
  }

  float* a_;
  float* inverse_;
  float* x_;
};

}  // namespace rankfill
