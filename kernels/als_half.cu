// SPDX-License-Identifier: Apache-2.0
#include "kernels/als_half.hpp"

#include <algorithm>
#include <limits>

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/ordered_sum.cuh"

// The plain form: three kernels per batch of rows, Grams in workspace memory.

namespace rankfill {

namespace {

constexpr std::size_t kGramBytes = std::size_t{256} << 20;  ///< at most, unless one Gram is larger
constexpr int kStaged = 32;                                 ///< entries whose residuals a block holds at a time
constexpr int kTile = 32;                                   ///< Gram tile edge
constexpr int kDepth = 16;                                  ///< gathered rows per step of a Gram tile

/// One block owns one row: residuals of 32 entries at a time (a warp each), then every thread adds them into its components
/// of the gradient.  g_i = - sum_j e_j v_j + lambda w_i u_i;  partial[3 row] = sum e^2, partial[3 row + 1] = |g_i|^2.
template <class T>
__global__ void row_gradient_block_per_row(std::int64_t first_row, int rank, EntryView<T> m, T lambda, const T* weights,
                                           const T* v, const T* u, T* gradients, double* partial) {
  double* scratch = shared_memory<double>();
  T* e = reinterpret_cast<T*>(scratch + kWarpsPerBlock);
  const std::int64_t row = first_row + blockIdx.x;
  const T* u_i = u + row * rank;
  T* g = gradients + std::int64_t{blockIdx.x} * rank;
  const T scaled = weights ? lambda * weights[row] : lambda;
  for (int k = threadIdx.x; k < rank; k += blockDim.x) g[k] = scaled * u_i[k];  // each thread keeps to its own k

  double squared_error = 0;
  const std::int64_t last = m.row_ptr[row + 1];
  for (std::int64_t p = m.row_ptr[row]; p < last; p += kStaged) {
    const int count = static_cast<int>(last - p < kStaged ? last - p : kStaged);
    for (int t = threadIdx.x / warp_size; t < count; t += kWarpsPerBlock) {
      const T predicted = warp_dot(rank, u_i, v + m.col(p + t) * rank);
      if (lane_id() == 0) e[t] = m.value(p + t) - predicted;
    }
    __syncthreads();
    for (int k = threadIdx.x; k < rank; k += blockDim.x) {
      T sum = g[k];
      for (int t = 0; t < count; ++t) sum -= e[t] * v[m.col(p + t) * rank + k];
      g[k] = sum;
    }
    if (threadIdx.x == 0)
      for (int t = 0; t < count; ++t) squared_error += double{e[t]} * double{e[t]};
    __syncthreads();
  }
  double norm = 0;
  for (int k = threadIdx.x; k < rank; k += blockDim.x) norm += double{g[k]} * double{g[k]};
  norm = block_sum(norm, scratch);
  if (threadIdx.x == 0) {
    partial[3 * row] = squared_error;
    partial[3 * row + 1] = norm;
  }
}

/// One block owns one 32 x 32 tile of one row's Gram, on or below the diagonal: blockIdx.x the row, blockIdx.y the tile.
/// 16 gathered rows at a time are staged in shared memory; each of 16 x 16 threads holds 2 x 2 numbers.
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
      if (k < rank && l <= k) gram[std::int64_t{k} * rank + l] = sum[i][j] + (k == l ? scaled : T{0});
    }
}

/// One block owns one system: Cholesky in place (right-looking, lower triangle, row-major), two substitutions, update.
/// The matrix is worked on in shared memory when `in_shared`, else where it lies.  partial[3 row + 2] = 1/2 <g, d>.
/// `epsilon` and `smallest` are those of T: device code cannot ask numeric_limits.
template <class T>
__global__ void solve_block_per_row(std::int64_t first_row, int rank, bool in_shared, T epsilon, T smallest,
                                    const std::int64_t* row_ptr, T lambda, const T* weights, T* grams, T* gradients,
                                    T* u, double* partial) {
  double* scratch = shared_memory<double>();
  T* x = reinterpret_cast<T*>(scratch + kWarpsPerBlock);
  const std::int64_t row = first_row + blockIdx.x;
  T* u_i = u + row * rank;
  const T* g = gradients + std::int64_t{blockIdx.x} * rank;
  const int thread = threadIdx.x, threads = blockDim.x, warp = thread / warp_size;

  if (row_ptr[row] == row_ptr[row + 1]) {  // A = lambda I, g = lambda u: the minimiser is 0, also when lambda = 0
    double norm = 0;
    for (int k = thread; k < rank; k += threads) {
      norm += double{u_i[k]} * double{u_i[k]};
      u_i[k] = 0;
    }
    norm = block_sum(norm, scratch);
    const T scaled = weights ? lambda * weights[row] : lambda;
    if (thread == 0) partial[3 * row + 2] = 0.5 * double{scaled} * norm;
    return;  // the whole block leaves together
  }

  T* gram = grams + std::int64_t{blockIdx.x} * rank * rank;
  T* a = gram;
  if (in_shared) {
    a = x + rank;
    for (int s = thread; s < rank * rank; s += threads)
      if (s % rank <= s / rank) a[s] = gram[s];
  }
  for (int k = thread; k < rank; k += threads) x[k] = g[k];
  __syncthreads();
  T largest = 0;
  for (int k = 0; k < rank; ++k)
    largest = a[std::int64_t{k} * rank + k] > largest ? a[std::int64_t{k} * rank + k] : largest;
  const T scaled = weights ? lambda * weights[row] : lambda, raised = 2 * T(rank) * epsilon * largest - scaled;
  const T floor = epsilon * largest > smallest ? epsilon * largest : smallest;
  __syncthreads();
  if (raised > 0)
    for (int k = thread; k < rank; k += threads) a[std::int64_t{k} * rank + k] += raised;
  __syncthreads();

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
  for (int j = 0; j < rank; ++j) {  // L y = g
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
  double product = 0;
  for (int k = thread; k < rank; k += threads) {
    product += double{g[k]} * double{x[k]};
    u_i[k] -= x[k];
  }
  product = block_sum(product, scratch);
  if (thread == 0) partial[3 * row + 2] = 0.5 * product;
}

}  // namespace

template <class T>
void als_half(CudaBackend& backend, const Csr<T, CudaBackend>& m, double lambda, const Buffer<T, CudaBackend>& weights,
              const Factor<T, CudaBackend>& v, const HalfSweepControl&, Factor<T, CudaBackend>& u,
              Buffer<double, CudaBackend>& sums) {
  if (m.num_rows == 0) return sums.fill_zero();
  const int rank = u.rank;
  const std::size_t vector_bytes = static_cast<std::size_t>(rank) * sizeof(T);
  const std::size_t gram_bytes = vector_bytes * static_cast<std::size_t>(rank);
  const auto batch = std::clamp<std::int64_t>(static_cast<std::int64_t>(kGramBytes / gram_bytes), 1, m.num_rows);
  const SumSpace space(backend, m.num_rows, 3, static_cast<std::size_t>(batch) * (gram_bytes + vector_bytes),
                       "a batch of Gram matrices");
  T* const grams = reinterpret_cast<T*>(space.more);
  T* const gradients = grams + batch * rank * rank;
  const T scalar = static_cast<T>(lambda);
  const unsigned tiles = static_cast<unsigned>((rank + kTile - 1) / kTile);
  constexpr std::size_t sum_bytes = kWarpsPerBlock * sizeof(double);
  const bool in_shared = sum_bytes + vector_bytes + gram_bytes <= 48 * 1024;

  for (std::int64_t first = 0; first < m.num_rows; first += batch) {
    const auto rows = static_cast<unsigned>(std::min(batch, m.num_rows - first));
    launch(backend, {dim3(rows), dim3(kBlockThreads), sum_bytes + kStaged * sizeof(T)}, row_gradient_block_per_row<T>,
           first, rank, view(m), scalar, weights.data(), v.values.data(), u.values.data(), gradients, space.partial);
    launch(backend, {dim3(rows, tiles * (tiles + 1) / 2), dim3(kBlockThreads), 2 * kDepth * kTile * sizeof(T)},
           gram_block_per_tile<T>, first, rank, view(m), scalar, weights.data(), v.values.data(), grams);
    launch(backend, {dim3(rows), dim3(kBlockThreads), sum_bytes + vector_bytes + (in_shared ? gram_bytes : 0)},
           solve_block_per_row<T>, first, rank, in_shared, std::numeric_limits<T>::epsilon(),
           std::numeric_limits<T>::min(), m.row_ptr.data(), scalar, weights.data(), grams, gradients, u.values.data(),
           space.partial);
  }
  ordered_sum<kHalfSweepSums>(backend, space.partial, m.num_rows, sums.data());
}

template void als_half(CudaBackend&, const Csr<float, CudaBackend>&, double, const Buffer<float, CudaBackend>&,
                       const Factor<float, CudaBackend>&, const HalfSweepControl&, Factor<float, CudaBackend>&,
                       Buffer<double, CudaBackend>&);
template void als_half(CudaBackend&, const Csr<double, CudaBackend>&, double, const Buffer<double, CudaBackend>&,
                       const Factor<double, CudaBackend>&, const HalfSweepControl&, Factor<double, CudaBackend>&,
                       Buffer<double, CudaBackend>&);

}  // namespace rankfill
