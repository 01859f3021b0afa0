// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cfloat>

#include "kernels/detail/gram_chunks.cuh"

namespace rankfill {

/// A symmetric system of up to 256 rows in shared memory, for one block.  Its lower triangle is packed by columns, as it lies in
/// global memory, so it comes and goes in one piece, and lanes that walk down a column meet no bank twice.
class PackedSystem {
 public:
  static constexpr int kPanel = 16, kRowStride = kPanel + 4;  ///< an odd number of 16-byte units

  __device__ __forceinline__ PackedSystem(int rank, unsigned char* memory)
      : rank_(rank),
        block_(reinterpret_cast<float*>(memory)),
        rows_(block_ + kPanel * kPanel),
        a_(rows_ + kRowStride * rank) {}
  __host__ __device__ static constexpr int bytes(int rank) {
    return (kPanel * kPanel + kRowStride * rank + packed_column(rank, rank)) * 4;
  }

  /// Few, where shared memory lets many systems be at work: one warp has the diagonal to itself, and others fill its time.
  static constexpr unsigned threads(int rank) {
    return rank <= 128 ? static_cast<unsigned>((rank + warp_size - 1) / warp_size * warp_size) : 512;
  }

  __device__ __forceinline__ float* matrix() const { return a_; }
  /// Element (i, j), j <= i, is column(j)[i]; column(j + 1) = column(j) + rank - j - 1.
  __device__ __forceinline__ float* column(int j) const { return a_ + packed_column(rank_, j) - j; }

  /// A = L L^T, in place.  No pivot is smaller than `floor`.  docs/math.md Eq. 12-13.  Panels of 16 columns: the block on the
  /// diagonal by one warp, the rows below it by one thread each, then what the panel takes from the columns to its right.
  __device__ __forceinline__ void factor(float floor) const {
    for (int first = 0; first < rank_; first += kPanel) {
      if (threadIdx.x < warp_size) factor_block(first, floor);
      __syncthreads();
      const int below = first + kPanel;
      if (below >= rank_) return;
      for (int i = below + static_cast<int>(threadIdx.x); i < rank_; i += static_cast<int>(blockDim.x))
        substitute_row(first, i);
      __syncthreads();
      for (int tile = static_cast<int>(threadIdx.x) / warp_size, row = below;;
           tile += static_cast<int>(blockDim.x) / warp_size) {
        for (int count; row < rank_ && tile >= (count = tiles_of(below, row)); row += kTileRows) tile -= count;
        if (row >= rank_) break;
        subtract_tile(row, below + kTileCols * tile);
      }
      __syncthreads();
    }
  }

 private:
  static constexpr int kTileRows = 32, kTileCols = 16;

  /// Tiles from the first column to the diagonal in the rows from `row` on.
  __device__ __forceinline__ int tiles_of(int below, int row) const {
    return (min(row + kTileRows, rank_) - below + kTileCols - 1) / kTileCols;
  }

  /// The 16 x 16 block on the diagonal, a row to a lane; past the rank, that of a unit matrix.  It stays in block_ too, by columns,
  /// with the inverse of L's diagonal.
  __device__ __forceinline__ void factor_block(int first, float floor) const {
    const int lane = lane_id(), width = min(kPanel, rank_ - first);
    float x[kPanel], own_inverse = 0;
    float* from = column(first) + first;
#pragma unroll
    for (int c = 0; c < kPanel; ++c) {
      x[c] = lane < width && c <= lane ? from[lane] : lane == c ? 1.0F : 0.0F;
      from += rank_ - first - c - 1;
    }
#pragma unroll
    for (int j = 0; j < kPanel; ++j) {
      const float pivot = fmaxf(__shfl_sync(full_warp, x[j], j), floor), inverse = rsqrtf(pivot);
      x[j] = lane == j ? pivot * inverse : x[j] * inverse;  // nonsense in the rows before j, here and below
      if (lane == j) own_inverse = inverse;
#pragma unroll
      for (int c = j + 1; c < kPanel; ++c) x[c] = fmaf(-x[j], __shfl_sync(full_warp, x[j], c), x[c]);
    }
    float* to = column(first) + first;
#pragma unroll
    for (int c = 0; c < kPanel; ++c) {
      if (lane < width && c <= lane) to[lane] = x[c];
      if (lane < kPanel) block_[kPanel * c + lane] = lane == c ? own_inverse : x[c];
      to += rank_ - first - c - 1;
    }
  }

  /// Row i of the panel: x L^T = a, L the block on the diagonal.  It goes to rows_ too.
  __device__ __forceinline__ void substitute_row(int first, int i) const {
    float x[kPanel];
    float* at = column(first) + i;
#pragma unroll
    for (int j = 0; j < kPanel; ++j) {
      x[j] = *at;
      at += rank_ - first - j - 1;
    }
    at = column(first) + i;
#pragma unroll
    for (int j = 0; j < kPanel; ++j) {
      float l[kPanel];
#pragma unroll
      for (int c = j / 4 * 4; c < kPanel; c += 4) {
        const float4 four = *reinterpret_cast<const float4*>(block_ + kPanel * j + c);
        l[c] = four.x, l[c + 1] = four.y, l[c + 2] = four.z, l[c + 3] = four.w;
      }
      x[j] *= l[j];
#pragma unroll
      for (int c = j + 1; c < kPanel; ++c) x[c] = fmaf(-x[j], l[c], x[c]);
      *at = x[j];
      at += rank_ - first - j - 1;
      if (j % 4 == 3)
        *reinterpret_cast<float4*>(rows_ + kRowStride * i + j - 3) = make_float4(x[j - 3], x[j - 2], x[j - 1], x[j]);
    }
  }

  /// A tile of 32 rows and 16 columns from (row0, col0) on loses what the panel takes from it; by a warp, 4 x 4 numbers a lane,
  /// its rows 8 and its columns 4 apart.
  __device__ __forceinline__ void subtract_tile(int row0, int col0) const {
    const int lane = lane_id(), row = row0 + lane % 8, col = col0 + lane / 8;
    const float *left[4], *right[4];
    float sum[4][4] = {};
#pragma unroll
    for (int n = 0; n < 4; ++n) {
      left[n] = rows_ + kRowStride * min(row + 8 * n, rank_ - 1);
      right[n] = rows_ + kRowStride * min(col + 4 * n, rank_ - 1);
    }
#pragma unroll
    for (int j = 0; j < kPanel; j += 4) {
      float4 l[4], r[4];
#pragma unroll
      for (int n = 0; n < 4; ++n) {
        l[n] = *reinterpret_cast<const float4*>(left[n] + j);
        r[n] = *reinterpret_cast<const float4*>(right[n] + j);
      }
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int c = 0; c < 4; ++c) {
          sum[i][c] = fmaf(l[i].x, r[c].x, fmaf(l[i].y, r[c].y, sum[i][c]));
          sum[i][c] = fmaf(l[i].z, r[c].z, fmaf(l[i].w, r[c].w, sum[i][c]));
        }
    }
#pragma unroll
    for (int c = 0; c < 4; ++c) {
      const int j = col + 4 * c;
      float* const to = column(min(j, rank_ - 1));
#pragma unroll
      for (int i = 0; i < 4; ++i)
        if (const int r = row + 8 * i; r < rank_ && j <= r) to[r] -= sum[i][c];
    }
  }

  int rank_;
  float* block_;  ///< 16 x 16, of the panel at hand
  float* rows_;   ///< those of the panel below it, each in one piece
  float* a_;
};

/// One block owns one system: the packed Gram matrix with lambda on its diagonal becomes L.
inline __global__ void __launch_bounds__(512)
    factor_packed_block_per_row(int rank, const std::int64_t* row_ptr, float lambda, const float* weights,
                                float* lower) {
  const auto row = static_cast<std::int64_t>(blockIdx.x);
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const int numbers = packed_column(rank, rank);
  float* const mine = lower + row * numbers;
  const float scaled = weights ? lambda * weights[row] : lambda;
  const PackedSystem system(rank, shared_memory<unsigned char>());
  float* const a = system.matrix();
  if (row_ptr[row] == row_ptr[row + 1]) {
    const float alone = scaled > 0 ? sqrtf(scaled) : 1.0F;
    for (int n = thread; n < numbers; n += threads) mine[n] = 0;
    __syncthreads();
    for (int k = thread; k < rank; k += threads) mine[packed_column(rank, k)] = alone;
    return;  // the whole block leaves together
  }
#pragma unroll 8
  for (int n = thread; n < numbers; n += threads) a[n] = mine[n];
  __syncthreads();
  float largest = 0;
  for (int k = lane_id(); k < rank; k += warp_size) largest = fmaxf(largest, a[packed_column(rank, k)] + scaled);
  largest = gather_detail::warp_max(largest);
  __syncthreads();  // every warp has read the diagonal
  for (int k = thread; k < rank; k += threads)
    a[packed_column(rank, k)] += scaled + fmaxf(0.0F, least_lambda(rank, largest) - scaled);
  __syncthreads();
  system.factor(fmaxf(FLT_EPSILON * largest, FLT_MIN));
#pragma unroll 4
  for (int n = thread; n < numbers; n += threads) mine[n] = a[n];
}

}  // namespace rankfill
