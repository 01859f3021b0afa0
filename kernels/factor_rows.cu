// SPDX-License-Identifier: Apache-2.0
#include "kernels/factor_rows.hpp"

#include <algorithm>
#include <limits>

#include "kernels/detail/packed_systems.cuh"
#include "kernels/detail/plain_rows.cuh"
#include "kernels/detail/row_gradients.hpp"
#include "kernels/detail/shared_limit.cuh"
#include "kernels/regularize.hpp"

namespace rankfill {

namespace {

constexpr std::size_t kGramBytes = std::size_t{256} << 20;  ///< of a batch of whole Gram matrices, unless one is larger

/// One block owns one system: the Gram matrix with lambda on its diagonal becomes L, packed.  Worked on in shared memory
/// when `in_shared`, else where it lies.
template <class T>
__global__ void factor_block_per_row(std::int64_t first_row, int rank, bool in_shared, T epsilon, T smallest,
                                     const std::int64_t* row_ptr, T lambda, const T* weights, T* grams, T* lower) {
  const std::int64_t row = first_row + blockIdx.x;
  const int thread = threadIdx.x, threads = blockDim.x;
  T* a = grams + std::int64_t{blockIdx.x} * rank * rank;
  T* packed = lower + row * packed_column(rank, rank);
  const bool empty = row_ptr[row] == row_ptr[row + 1];
  const T scaled = weights ? lambda * weights[row] : lambda;
  if (!empty) {
    if (in_shared) {
      T* copy = shared_memory<T>();
      for (int s = thread; s < rank * rank; s += threads) copy[s] = a[s];
      a = copy;
      __syncthreads();
    }
    T largest = 0;
    for (int k = 0; k < rank; ++k)
      largest = a[std::int64_t{k} * rank + k] > largest ? a[std::int64_t{k} * rank + k] : largest;
    const T raised = 2 * T(rank) * epsilon * largest - scaled;
    __syncthreads();
    if (raised > 0)
      for (int k = thread; k < rank; k += threads) a[std::int64_t{k} * rank + k] += raised;
    __syncthreads();
    factor_system(rank, a, epsilon * largest > smallest ? epsilon * largest : smallest);
  }
  const T alone = scaled > 0 ? sqrt(scaled) : T{1};
  for (int j = 0; j < rank; ++j)
    for (int i = j + thread; i < rank; i += threads)
      packed[packed_column(rank, j) + i - j] = !empty ? a[std::int64_t{i} * rank + j] : i == j ? alone : T{0};
}

/// One warp owns one system and its right-hand side, which it keeps in shared memory.
template <class T>
__global__ void substitute_warp_per_row(std::int64_t num_rows, int rank, const T* lower, T* x) {
  T* const mine = shared_memory<T>() + std::int64_t{threadIdx.x / warp_size} * rank;
  const int lane = lane_id();
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps()) {
    const T* packed = lower + row * packed_column(rank, rank);
    for (int k = lane; k < rank; k += warp_size) mine[k] = x[row * rank + k];
    __syncwarp();
    for (int j = 0; j < rank; ++j) {  // L y = x
      const T* column = packed + packed_column(rank, j) - j;
      const T y = mine[j] / column[j];
      __syncwarp();
      if (lane == 0) mine[j] = y;
      for (int i = j + 1 + lane; i < rank; i += warp_size) mine[i] -= column[i] * y;
      __syncwarp();
    }
    for (int j = rank - 1; j >= 0; --j) {  // L^T d = y
      const T* column = packed + packed_column(rank, j) - j;
      const T sum = warp_dot(rank - j - 1, column + j + 1, mine + j + 1);
      if (lane == 0) mine[j] = (mine[j] - sum) / column[j];
      __syncwarp();
    }
    for (int k = lane; k < rank; k += warp_size) x[row * rank + k] = mine[k];
    __syncwarp();
  }
}

template <class T>
void factor_plain(CudaBackend& backend, const Csr<T, CudaBackend>& m, double lambda,
                  const Buffer<T, CudaBackend>& weights, const Factor<T, CudaBackend>& v,
                  const Factor<T, CudaBackend>& u, Factor<T, CudaBackend>& g, FactoredRows<T, CudaBackend>& systems,
                  Buffer<double, CudaBackend>& squared_error) {
  const int rank = u.rank;
  const std::size_t gram_bytes = static_cast<std::size_t>(rank) * static_cast<std::size_t>(rank) * sizeof(T);
  const auto batch = std::clamp<std::int64_t>(static_cast<std::int64_t>(kGramBytes / gram_bytes), 1, m.num_rows);
  const std::size_t room = row_gradients_room(m, u, v);
  auto* const space = static_cast<std::byte*>(
      backend.workspace(std::max(room, static_cast<std::size_t>(batch) * gram_bytes), "a batch of Gram matrices"));
  row_gradients(backend, m, u, v, g.values.data(), squared_error.data(), space);
  add_regularization(backend, lambda, weights, u, g);

  T* const grams = reinterpret_cast<T*>(space);
  const unsigned tiles = static_cast<unsigned>((rank + kTile - 1) / kTile);
  const bool in_shared = gram_bytes <= 48 * 1024;
  for (std::int64_t first = 0; first < m.num_rows; first += batch) {
    const auto rows = static_cast<unsigned>(std::min(batch, m.num_rows - first));
    launch(backend, {dim3(rows, tiles * (tiles + 1) / 2), dim3(kBlockThreads), 2 * kDepth * kTile * sizeof(T)},
           gram_block_per_tile<T>, first, rank, view(m), static_cast<T>(lambda), weights.data(), v.values.data(),
           grams);
    launch(backend, {dim3(rows), dim3(kBlockThreads), in_shared ? gram_bytes : 0}, factor_block_per_row<T>, first, rank,
           in_shared, std::numeric_limits<T>::epsilon(), std::numeric_limits<T>::min(), m.row_ptr.data(),
           static_cast<T>(lambda), weights.data(), grams, systems.lower.data());
  }
}

constexpr int kMostTensorRank = 256;

template <int kTiles>
void form_triangles(CudaBackend& backend, const GramRows& s, const PieceView& pieces, const Slots& slots) {
  using Layout = GramChunks<kTiles>;
  const LaunchShape shape{dim3(blocks_for(pieces.count(), Layout::kTeams)),
                          dim3(static_cast<unsigned>(Layout::threads(s.rank))),
                          static_cast<std::size_t>(Layout::kTeams * Layout::team_bytes((s.rank + 15) / 16))};
  launch(backend, shape, form_triangle_team_per_piece<kTiles>, s, pieces, slots);
}

void form_triangles(CudaBackend& backend, const GramRows& s, const PieceView& pieces, const Slots& slots) {
  switch ((s.rank + 15) / 16) {
    case 1: return form_triangles<1>(backend, s, pieces, slots);
    case 2: return form_triangles<2>(backend, s, pieces, slots);
    case 3: return form_triangles<3>(backend, s, pieces, slots);
    case 4: return form_triangles<4>(backend, s, pieces, slots);
    case 8: return form_triangles<8>(backend, s, pieces, slots);
    case 16: return form_triangles<16>(backend, s, pieces, slots);
    default: return form_triangles<0>(backend, s, pieces, slots);
  }
}

/// Whether the tensor-core form does rows of this rank, on the current device.
bool suits_tensor_cores(int rank) {
  if (rank > kMostTensorRank) return false;
  const std::size_t limit = shared_limit();
  return static_cast<std::size_t>(PackedSystem::bytes(rank)) <= limit &&
         (rank <= 64 || static_cast<std::size_t>(GramChunks<0>::team_bytes((rank + 15) / 16)) <= limit);
}

/// The Gram matrices stand where their factors will: only the parts of split rows take room.
void factor_on_tensor_cores(CudaBackend& backend, const Csr<float, CudaBackend>& m, float lambda,
                            const Buffer<float, CudaBackend>& weights, const Factor<float, CudaBackend>& v,
                            const Factor<float, CudaBackend>& u, Factor<float, CudaBackend>& g,
                            FactoredRows<float, CudaBackend>& systems, Buffer<double, CudaBackend>& squared_error) {
  const int rank = u.rank, numbers = packed_column(rank, rank);
  const RowPlan<CudaBackend>& plan = m.solve_plan;
  const std::size_t slot_bytes = static_cast<std::size_t>(plan.num_slots) *
                                 static_cast<std::size_t>(Slots::numbers(numbers, rank)) * sizeof(float);
  auto* const space = static_cast<std::byte*>(
      backend.workspace(std::max(row_gradients_room(m, u, v), slot_bytes + gather_room<__half>(v)),
                        "float16 rows and parts of row systems"));
  row_gradients(backend, m, u, v, g.values.data(), squared_error.data(), space);
  add_regularization(backend, lambda, weights, u, g);

  const GramRows s{.m = view(m),
                   .rank = rank,
                   .v = gather_table<__half>(backend, v, space + slot_bytes),
                   .lower = systems.lower.data()};
  const PieceView all = pieces(m, plan);
  const Slots slots{reinterpret_cast<float*>(space), 0, plan.num_slots, numbers, rank};
  if (all.count() > 0) form_triangles(backend, s, all, slots);
  if (!plan.split_rows.empty())
    launch(backend, {dim3(static_cast<unsigned>(plan.split_rows.size())), dim3(kBlockThreads)}, add_parts_block_per_row,
           s, plan.split_rows.data(), slots);
  launch(backend,
         {dim3(static_cast<unsigned>(m.num_rows)), dim3(PackedSystem::threads(rank)),
          static_cast<std::size_t>(PackedSystem::bytes(rank))},
         factor_packed_block_per_row, rank, m.row_ptr.data(), lambda, weights.data(), systems.lower.data());
}

}  // namespace

template <class T>
void factor_rows(CudaBackend& backend, const Csr<T, CudaBackend>& m, double lambda,
                 const Buffer<T, CudaBackend>& weights, const Factor<T, CudaBackend>& v,
                 const Factor<T, CudaBackend>& u, Factor<T, CudaBackend>& g, FactoredRows<T, CudaBackend>& systems,
                 Buffer<double, CudaBackend>& squared_error) {
  if (m.num_rows == 0) return squared_error.fill_zero();
  if constexpr (std::is_same_v<T, float>)
    if (suits_tensor_cores(u.rank))
      return factor_on_tensor_cores(backend, m, static_cast<float>(lambda), weights, v, u, g, systems, squared_error);
  factor_plain(backend, m, lambda, weights, v, u, g, systems, squared_error);
}

template <class T>
void solve_rows(CudaBackend& backend, const FactoredRows<T, CudaBackend>& systems, Factor<T, CudaBackend>& x) {
  if (x.num_rows == 0) return;
  LaunchShape shape = warp_per_row_shape(x.num_rows);
  shape.shared_bytes = kWarpsPerBlock * static_cast<std::size_t>(x.rank) * sizeof(T);
  launch(backend, shape, substitute_warp_per_row<T>, x.num_rows, x.rank, systems.lower.data(), x.values.data());
}

template void factor_rows(CudaBackend&, const Csr<float, CudaBackend>&, double, const Buffer<float, CudaBackend>&,
                          const Factor<float, CudaBackend>&, const Factor<float, CudaBackend>&,
                          Factor<float, CudaBackend>&, FactoredRows<float, CudaBackend>&, Buffer<double, CudaBackend>&);
template void factor_rows(CudaBackend&, const Csr<double, CudaBackend>&, double, const Buffer<double, CudaBackend>&,
                          const Factor<double, CudaBackend>&, const Factor<double, CudaBackend>&,
                          Factor<double, CudaBackend>&, FactoredRows<double, CudaBackend>&,
                          Buffer<double, CudaBackend>&);
template void solve_rows(CudaBackend&, const FactoredRows<float, CudaBackend>&, Factor<float, CudaBackend>&);
template void solve_rows(CudaBackend&, const FactoredRows<double, CudaBackend>&, Factor<double, CudaBackend>&);

}  // namespace rankfill
