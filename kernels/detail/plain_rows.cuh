// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/ordered_sum.cuh"

// The plain form of a half-sweep, for any scalar and rank: two kernels per batch of rows, Gram matrices in workspace
// memory; the gradients are there.

namespace rankfill {

inline constexpr int kTile = 32;   ///< Gram tile edge
inline constexpr int kDepth = 16;  ///< gathered rows per step of a Gram tile

/// One block owns one 32 x 32 tile of one row's Gram matrix, on or below the diagonal, and its mirror image: blockIdx.x the
/// row, blockIdx.y the tile.  16 gathered rows at a time are staged in shared memory; each of 16 x 16 threads holds 2 x 2
/// numbers.
template <class T>
__global__ void gram_block_per_tile(std::int64_t first_row, int rank, EntryView<T> m, T lambda, const T* weights,
                                    const T* v, T* grams) {
  T* a = shared_memory<T>();  // kDepth x kTile, for the tile's rows
  T* b = a + kDepth * kTile;  // the same for its columns
  int tile_row = 0, tile_col = static_cast<int>(blockIdx.y);
  while (tile_col > tile_row) tile_col -= ++tile_row;  // row r of the lower triangle has r + 1 tiles
  const int k0 = tile_row * kTile, l0 = tile_col * kTile;
  const int x = threadIdx.x % 16, y = threadIdx.x / 16;
  const std::int64_t row = first_row + blockIdx.x, last = m.row_ptr[row + 1];
  T sum[2][2] = {};
  for (std::int64_t p = m.row_ptr[row]; p < last; p += kDepth) {
    for (int s = threadIdx.x; s < kDepth * kTile; s += blockDim.x) {
      const int t = s / kTile, k = s % kTile;
      const bool entry = p + t < last;
      const T* v_j = v + (entry ? m.col(p + t) * rank : 0);
      a[s] = entry && k0 + k < rank ? v_j[k0 + k] : T{0};
      b[s] = entry && l0 + k < rank ? v_j[l0 + k] : T{0};
    }
    __syncthreads();
    for (int t = 0; t < kDepth; ++t)
      for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j) sum[i][j] += a[t * kTile + y + 16 * i] * b[t * kTile + x + 16 * j];
    __syncthreads();
  }
  const T scaled = weights ? lambda * weights[row] : lambda;
  T* gram = grams + std::int64_t{blockIdx.x} * rank * rank;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      const int k = k0 + y + 16 * i, l = l0 + x + 16 * j;
      if (k < rank && l <= k) {
        const T number = sum[i][j] + (k == l ? scaled : T{0});
        gram[std::int64_t{k} * rank + l] = number;
        gram[std::int64_t{l} * rank + k] = number;
      }
    }
}

/// A = L L^T by a block, in place (right-looking, lower triangle).  No pivot's square is smaller than `floor`.
template <class T>
__device__ void factor_system(int rank, T* a, T floor) {
  const int thread = threadIdx.x, threads = blockDim.x, warp = thread / warp_size;
  for (int j = 0; j < rank; ++j) {
    const T kept = a[std::int64_t{j} * rank + j];
    const T pivot = sqrt(kept > floor ? kept : floor);
    __syncthreads();  // every thread has read the diagonal
    for (int i = j + thread; i < rank; i += threads) {
      T* row_i = a + std::int64_t{i} * rank;
      row_i[j] = i == j ? pivot : row_i[j] / pivot;
    }
    __syncthreads();
    for (int i = j + 1 + warp; i < rank; i += threads / warp_size) {
      T* row_i = a + std::int64_t{i} * rank;
      for (int c = j + 1 + lane_id(); c <= i; c += warp_size) row_i[c] -= row_i[j] * a[std::int64_t{c} * rank + j];
    }
    __syncthreads();
  }
}

/// L L^T d = x by a block, in place.
template <class T>
__device__ void substitute_system(int rank, const T* a, T* x) {
  const int thread = threadIdx.x, threads = blockDim.x;
  for (int j = 0; j < rank; ++j) {  // L y = x
    const T y = x[j] / a[std::int64_t{j} * rank + j];
    __syncthreads();
    for (int i = j + 1 + thread; i < rank; i += threads) x[i] -= a[std::int64_t{i} * rank + j] * y;
    if (thread == 0) x[j] = y;
    __syncthreads();
  }
  for (int j = rank - 1; j >= 0; --j) {  // L^T d = y
    const T d = x[j] / a[std::int64_t{j} * rank + j];
    __syncthreads();
    for (int i = thread; i < j; i += threads) x[i] -= a[std::int64_t{j} * rank + i] * d;
    if (thread == 0) x[j] = d;
    __syncthreads();
  }
}

/// At most `steps` steps of guarded conjugate gradients on A d = r from d = 0, scaled by the diagonal: docs/math.md Eq. 20.
/// r becomes the residual.  A whole, symmetric; p, q: scratch; all vectors in shared memory.
template <class T>
__device__ void iterate(int rank, const T* a, T* d, T* r, T* p, T* q, int steps, int most, T tolerance, T converged,
                        T* scratch) {
  const int thread = threadIdx.x, threads = blockDim.x, warp = thread / warp_size;
  const auto scaled = [&](int k) { return r[k] / a[std::int64_t{k} * rank + k]; };
  T mine = 0;
  for (int k = thread; k < rank; k += threads) {
    d[k] = 0;
    p[k] = scaled(k);
    mine += r[k] * p[k];
  }
  T rz = block_sum(mine, scratch);
  const T enough = converged * rz, wanted = tolerance * rz;
  for (int step = 0; (step < steps || (step < most && rz > wanted)) && rz > enough; ++step) {
    for (int i = warp; i < rank; i += threads / warp_size) {
      const T product = warp_dot(rank, a + std::int64_t{i} * rank, p);
      if (lane_id() == 0) q[i] = product;
    }
    __syncthreads();
    mine = 0;
    for (int k = thread; k < rank; k += threads) mine += p[k] * q[k];
    const T pq = block_sum(mine, scratch);
    if (!(pq > 0)) break;
    mine = 0;
    for (int k = thread; k < rank; k += threads) {
      d[k] += rz / pq * p[k];
      r[k] -= rz / pq * q[k];
      mine += r[k] * scaled(k);
    }
    const T next = block_sum(mine, scratch);
    for (int k = thread; k < rank; k += threads) p[k] = scaled(k) + next / rz * p[k];
    rz = next;
    __syncthreads();
  }
}

/// One block owns one system; u_i <- u_i - d.  The matrix is worked on in shared memory when `in_shared`, else where it lies.
/// gradients: of the data term, for all rows.  partial[3 row ..] = 0, |g|^2, the decrease.
/// `epsilon` and `smallest` are those of T: device code cannot ask numeric_limits.
/// Shared memory: kWarpsPerBlock doubles, 4 rank of T, and the matrix.
template <class T>
__global__ void solve_block_per_row(std::int64_t first_row, int rank, bool in_shared, T epsilon, T smallest,
                                    int cg_steps, T cg_tolerance, const std::int64_t* row_ptr, T lambda,
                                    const T* weights, T* grams, const T* gradients, T* u, double* partial) {
  double* scratch = shared_memory<double>();
  T *d = reinterpret_cast<T*>(scratch + kWarpsPerBlock), *r = d + rank, *p = r + rank, *q = p + rank;
  const std::int64_t row = first_row + blockIdx.x;
  T* u_i = u + row * rank;
  const T* g = gradients + row * rank;
  const int thread = threadIdx.x, threads = blockDim.x;
  const T scaled = weights ? lambda * weights[row] : lambda;
  const auto gradient = [&](int k) { return g[k] + scaled * u_i[k]; };

  double norm = 0, product = 0;
  if (row_ptr[row] == row_ptr[row + 1]) {  // A = lambda I, g = lambda u: the minimiser is 0, also when lambda = 0
    for (int k = thread; k < rank; k += threads) {
      norm += double{u_i[k]} * double{u_i[k]};
      u_i[k] = 0;
    }
    norm = block_sum(norm, scratch);
    if (thread == 0) {
      partial[3 * row] = 0;
      partial[3 * row + 1] = double{scaled} * double{scaled} * norm;
      partial[3 * row + 2] = 0.5 * double{scaled} * norm;
    }
    return;  // the whole block leaves together
  }

  T* a = grams + std::int64_t{blockIdx.x} * rank * rank;
  if (in_shared) {
    T* copy = q + rank;
    for (int s = thread; s < rank * rank; s += threads) copy[s] = a[s];
    a = copy;
  }
  for (int k = thread; k < rank; k += threads) {
    const T g_k = gradient(k);
    d[k] = r[k] = g_k;
    norm += double{g_k} * double{g_k};
  }
  norm = block_sum(norm, scratch);
  T largest = 0;
  for (int k = 0; k < rank; ++k)
    largest = a[std::int64_t{k} * rank + k] > largest ? a[std::int64_t{k} * rank + k] : largest;
  const T raised = 2 * T(rank) * epsilon * largest - scaled;
  __syncthreads();
  if (raised > 0)
    for (int k = thread; k < rank; k += threads) a[std::int64_t{k} * rank + k] += raised;
  __syncthreads();

  if (cg_steps > 0) {
    iterate(rank, a, d, r, p, q, cg_steps, cg_tolerance > 0 ? 8 * cg_steps : 0, cg_tolerance, epsilon * epsilon / 4,
            reinterpret_cast<T*>(scratch));
  } else {
    factor_system(rank, a, epsilon * largest > smallest ? epsilon * largest : smallest);
    substitute_system(rank, a, d);
    for (int k = thread; k < rank; k += threads) r[k] = 0;
  }
  // A d = g - r, so <g, d> - 1/2 <d, A d> = 1/2 <g + r, d>
  for (int k = thread; k < rank; k += threads) {
    product += (double{gradient(k)} + double{r[k]}) * double{d[k]};
    u_i[k] -= d[k];
  }
  product = block_sum(product, scratch);
  if (thread == 0) {
    partial[3 * row] = 0;
    partial[3 * row + 1] = norm;
    partial[3 * row + 2] = 0.5 * product;
  }
}

}  // namespace rankfill
