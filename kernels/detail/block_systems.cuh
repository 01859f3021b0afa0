// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/gram_tiles.cuh"
#include "kernels/detail/row_systems.cuh"

namespace rankfill {

/// A symmetric system of up to 256 rows in shared memory, for one block of at least so many threads; thread i stands for row
/// i.  A packed lower triangle: row r begins at r (r + 1) / 2.  These numbers are different modulo 32 for 32 consecutive r
/// from a multiple of 32 on, so walking along rows, one lane to a row, is as free of bank conflicts as walking down columns,
/// one lane to a column.
class BlockSystem {
 public:
  using Vector = float[1];

  /// memory: bytes(rank, threads) of shared memory, aligned to 16.
  __device__ __forceinline__ BlockSystem(int rank, unsigned char* memory)
      : rank_(rank),
        x_(reinterpret_cast<float*>(memory)),
        d_(x_ + padded(rank)),
        more_(d_ + padded(rank)),
        a_(more_ + blockDim.x) {}
  __host__ __device__ static constexpr int bytes(int rank, int threads) {
    return (2 * padded(rank) + threads + packed_row(rank + 1)) * 4;
  }
  __host__ __device__ static constexpr int matrix_numbers(int rank) { return packed_row(rank); }

  __device__ __forceinline__ int rows() const { return rank_; }
  __device__ __forceinline__ float* matrix() const { return a_; }
  __device__ __forceinline__ float& at(int row, int col) const { return a_[packed_row(row) + col]; }
  __device__ __forceinline__ float& diagonal(int i) const { return at(i, i); }

  /// q = A p.  Where there are several times as many threads as rows, each takes a share of the columns.
  __device__ __forceinline__ void multiply(const Vector& p, Vector& q) const {
    const auto thread = static_cast<int>(threadIdx.x);
    const int width = padded(rank_), shares = static_cast<int>(blockDim.x) / width;
    const int share = thread / width, i = thread % width;
    if (thread < width) x_[thread] = thread < rank_ ? p[0] : 0.0F;
    __syncthreads();
    float sum = 0;
    if (i < rank_ && share < shares) {
      const int first = width / 4 * share / shares * 4, last = min(width / 4 * (share + 1) / shares * 4, rank_);
      const int diagonal = min(max(i + 1, first), last);
      int c = first;
#pragma unroll 2
      for (; c + 4 <= diagonal; c += 4) {
        const float4 x = *reinterpret_cast<const float4*>(x_ + c);
        sum = fmaf(at(i, c), x.x, fmaf(at(i, c + 1), x.y, fmaf(at(i, c + 2), x.z, fmaf(at(i, c + 3), x.w, sum))));
      }
      for (; c < diagonal; ++c) sum = fmaf(at(i, c), x_[c], sum);
#pragma unroll 4
      for (; c < last; ++c) sum = fmaf(at(c, i), x_[c], sum);
    }
    if (shares > 1) {
      more_[thread] = sum;
      __syncthreads();
      sum = 0;
      for (int n = 0; n < shares && share == 0; ++n) sum += more_[n * width + i];
    }
    q[0] = thread < rank_ ? sum : 0.0F;
  }

  /// A d = g; A is overwritten.  No pivot is smaller than `floor`.
  __device__ __forceinline__ void solve(const Vector& g, float floor, Vector& d) const {
    const auto i = static_cast<int>(threadIdx.x);
    if (i < rank_) at(rank_, i) = g[0];
    __syncthreads();
    factor(floor);
    substitute();
    __syncthreads();
    d[0] = i < rank_ ? d_[i] : 0.0F;
  }

 private:
  __host__ __device__ static constexpr int padded(int rank) { return (rank + 31) / 32 * 32; }

  /// A = L D L^T, with g as one more row of A: its elimination is the forward substitution.  The triangle is left with L D, x_
  /// with the inverse of D.  No pivot is smaller than `floor`.  docs/math.md Eq. 12-13.
  /// Panels of 16 columns, one row to a lane.  Every warp factors the 16 x 16 block on the diagonal for itself in its lower
  /// 16 lanes, which costs nothing, as it waits for each pivot anyway, and spares a barrier per column.
  __device__ __forceinline__ void factor(float floor) const {
    constexpr int kPanel = 16;
    const int rank = rank_, lane = lane_id(), warp = static_cast<int>(threadIdx.x) / warp_size;
    const int warps = static_cast<int>(blockDim.x) / warp_size;
    for (int first = 0; first < rank; first += kPanel) {
      const int width = min(kPanel, rank - first), below = first + width;
      float panel[kPanel];
      for (int group = warp; group == 0 || below + 16 * group <= rank; group += warps) {
        const int row = lane < 16 ? first + lane : below + 16 * group + lane - 16;
        const bool exists = lane < 16 ? lane < width : row <= rank;
        const float* from = a_ + packed_row(row) + first;
#pragma unroll
        for (int j = 0; j < kPanel; ++j) panel[j] = exists && j < width && first + j <= row ? from[j] : 0.0F;
#pragma unroll
        for (int j = 0; j < kPanel; ++j) {
          if (j < width) {
            const float pivot = fmaxf(__shfl_sync(full_warp, panel[j], j), floor), inverse = 1.0F / pivot;
#pragma unroll
            for (int c = j + 1; c < kPanel; ++c)
              panel[c] = fmaf(-panel[j], __shfl_sync(full_warp, panel[j], c) * inverse, panel[c]);
            if (warp == 0 && group == 0 && lane == j) x_[first + j] = inverse;
          }
        }
        if (exists && lane >= 16) {
          float* to = a_ + packed_row(row) + first;
#pragma unroll
          for (int j = 0; j < kPanel; ++j)
            if (j < width) to[j] = panel[j];
        }
      }
      __syncthreads();  // every warp has read the diagonal block
      if (warp == 0 && lane < width) {
        float* to = a_ + packed_row(first + lane) + first;
#pragma unroll
        for (int j = 0; j < kPanel; ++j)
          if (j <= lane) to[j] = panel[j];
      }
      // what is left, rows `below`..rank, in tiles of 4 x 4
      const int cols = rank - below, row_tiles = (cols + 4) / 4, col_tiles = (cols + 3) / 4;
      for (int t = static_cast<int>(threadIdx.x); t < packed_row(row_tiles); t += static_cast<int>(blockDim.x)) {
        int tile_row = static_cast<int>((sqrtf(8.0F * static_cast<float>(t) + 1.0F) - 1.0F) * 0.5F);
        if (packed_row(tile_row + 1) <= t) ++tile_row;
        if (packed_row(tile_row) > t) --tile_row;
        const int tile_col = t - packed_row(tile_row);
        if (tile_col >= col_tiles) continue;
        const float *left[4], *right[4];
        float sum[4][4] = {};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          left[i] = a_ + packed_row(min(below + 4 * tile_row + i, rank)) + first;
          right[i] = a_ + packed_row(min(below + 4 * tile_col + i, rank)) + first;
        }
        for (int j = 0; j < width; ++j) {
          const float inverse = x_[first + j];
          float l[4], r[4];
#pragma unroll
          for (int i = 0; i < 4; ++i) l[i] = left[i][j], r[i] = right[i][j] * inverse;
#pragma unroll
          for (int i = 0; i < 4; ++i)
#pragma unroll
            for (int c = 0; c < 4; ++c) sum[i][c] = fmaf(l[i], r[c], sum[i][c]);
        }
#pragma unroll
        for (int i = 0; i < 4; ++i)
#pragma unroll
          for (int c = 0; c < 4; ++c) {
            const int row = below + 4 * tile_row + i, col = below + 4 * tile_col + c;
            if (row <= rank && col < rank && col <= row) a_[packed_row(row) + col] -= sum[i][c];
          }
      }
      __syncthreads();
    }
  }

  /// L^T d = D^-1 L^-1 g from what factor left, by warp 0; lane l holds the components l, l + 32, ...
  __device__ __forceinline__ void substitute() const {
    constexpr int kMost = 8;  // rank <= 256
    if (threadIdx.x >= warp_size) return;
    const int rank = rank_, lane = lane_id();
    float y[kMost], inverse[kMost];
#pragma unroll
    for (int h = 0; h < kMost; ++h) {
      const int i = 32 * h + lane;
      y[h] = i < rank ? a_[packed_row(rank) + i] : 0.0F;
      inverse[h] = i < rank ? x_[i] : 0.0F;
    }
#pragma unroll
    for (int h = kMost - 1; h >= 0; --h)
      for (int j = min(31, rank - 1 - 32 * h); j >= 0; --j) {
        const float* row = a_ + packed_row(32 * h + j) + lane;
        const float d = __shfl_sync(full_warp, y[h] * inverse[h], j);
#pragma unroll
        for (int i = 0; i < h; ++i) y[i] = fmaf(-row[32 * i], d, y[i]);
        if (lane < j) y[h] = fmaf(-row[32 * h], d, y[h]);
      }
#pragma unroll
    for (int h = 0; h < kMost; ++h)
      if (32 * h + lane < rank) d_[32 * h + lane] = y[h] * inverse[h];
  }

  int rank_;
  float* x_;
  float* d_;
  float* more_;
  float* a_;
};

}  // namespace rankfill
