// SPDX-License-Identifier: Apache-2.0
#include "kernels/als_half.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "kernels/detail/plain_rows.cuh"
#include "kernels/detail/row_gradients.hpp"
#include "kernels/detail/shared_limit.cuh"
#include "kernels/detail/solve_narrow_rows.cuh"
#include "kernels/detail/solve_short_rows.cuh"
#include "kernels/detail/solve_wide_rows.cuh"

namespace rankfill {

namespace {

constexpr std::size_t kGramBytes = std::size_t{256} << 20;  ///< of the plain form, at most, unless one Gram is larger

/// What a half-sweep with gradients in full precision takes of the workspace besides its own: the gradients, and room to make
/// them.  A multiple of 16.
template <class T>
struct FullGradients {
  FullGradients(const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u, const Factor<T, CudaBackend>& v)
      : gradient_bytes((static_cast<std::size_t>(u.num_rows * u.rank) * sizeof(T) + 15) / 16 * 16),
        room_bytes((row_gradients_room(m, u, v) + 15) / 16 * 16) {}
  std::size_t bytes() const { return gradient_bytes + room_bytes; }
  std::size_t gradient_bytes, room_bytes;
};

/// The sums of a half-sweep: those of the rows but for the squared error, which comes from row_gradients.
void add_up(CudaBackend& backend, const SumSpace& space, std::int64_t num_rows, bool full, double* sums) {
  ordered_sum<kHalfSweepSums>(backend, space.partial, num_rows, sums);
  if (full) backend.copy(sums, space.total, sizeof(double));
}

template <class T>
void solve_plain(CudaBackend& backend, const Csr<T, CudaBackend>& m, T lambda, const Buffer<T, CudaBackend>& weights,
                 const Factor<T, CudaBackend>& v, const HalfSweepControl& control, Factor<T, CudaBackend>& u,
                 double* sums) {
  const int rank = u.rank;
  const FullGradients<T> full(m, u, v);
  const std::size_t vector_bytes = static_cast<std::size_t>(rank) * sizeof(T);
  const std::size_t gram_bytes = vector_bytes * static_cast<std::size_t>(rank);
  const auto batch = std::clamp<std::int64_t>(static_cast<std::int64_t>(kGramBytes / gram_bytes), 1, m.num_rows);
  const SumSpace space(backend, m.num_rows, kHalfSweepSums, full.bytes() + static_cast<std::size_t>(batch) * gram_bytes,
                       "gradients and a batch of Gram matrices");
  T* const gradients = reinterpret_cast<T*>(space.more);
  T* const grams = reinterpret_cast<T*>(space.more + full.bytes());
  row_gradients(backend, m, u, v, gradients, space.total, space.more + full.gradient_bytes);

  const unsigned tiles = static_cast<unsigned>((rank + kTile - 1) / kTile);
  const std::size_t solve_bytes = kWarpsPerBlock * sizeof(double) + 4 * vector_bytes;
  const bool in_shared = solve_bytes + gram_bytes <= 48 * 1024;
  for (std::int64_t first = 0; first < m.num_rows; first += batch) {
    const auto rows = static_cast<unsigned>(std::min(batch, m.num_rows - first));
    launch(backend, {dim3(rows, tiles * (tiles + 1) / 2), dim3(kBlockThreads), 2 * kDepth * kTile * sizeof(T)},
           gram_block_per_tile<T>, first, rank, view(m), lambda, weights.data(), v.values.data(), grams);
    launch(backend, {dim3(rows), dim3(kBlockThreads), solve_bytes + (in_shared ? gram_bytes : 0)},
           solve_block_per_row<T>, first, rank, in_shared, std::numeric_limits<T>::epsilon(),
           std::numeric_limits<T>::min(), control.cg_steps, static_cast<T>(control.cg_tolerance), m.row_ptr.data(),
           lambda, weights.data(), grams, gradients, u.values.data(), space.partial);
  }
  add_up(backend, space, m.num_rows, true, sums);
}

/// Whether the tensor-core form does rows of this rank, on the current device.
bool suits_tensor_cores(int rank) {
  if (rank > 256) return false;
  const std::size_t limit = shared_limit(), wide = rank <= 64    ? 0
                                                   : rank <= 128 ? WideRows<2>::kSharedBytes
                                                   : rank <= 192 ? WideRows<3>::kSharedBytes
                                                                 : WideRows<4>::kSharedBytes;
  return std::max(wide, short_row_bytes(rank)) <= limit;
}

/// What a pass over the chunks needs beside the systems: the lists, and room for the parts of split rows.
struct ChunkPass {
  const RowPlan<CudaBackend>& plan;
  Slots slots;
  const float* earlier;
  float* later;
};

template <int kTiles>
void solve_narrow_chunks(CudaBackend& backend, const RowSystems& s, const ChunkPass& pass) {
  using Layout = NarrowRows<kTiles>;
  const auto shape = [](std::int64_t count, int warp_bytes) {
    return LaunchShape{dim3(blocks_for(count, Layout::kWarps)), dim3(Layout::kThreads),
                       static_cast<std::size_t>(Layout::kWarps * warp_bytes)};
  };
  const auto& chunks = pass.plan.chunks;
  const auto& rows = pass.plan.split_rows;
  launch(backend, shape(chunks.size(), Layout::kWarpBytes),
         s.gradient ? solve_narrow_rows_warp_per_chunk<kTiles, false> : solve_narrow_rows_warp_per_chunk<kTiles, true>,
         s, chunks.data(), chunks.size(), pass.slots);
  if (!rows.empty())
    launch(backend, shape(rows.size(), Layout::System::kBytes), solve_narrow_split_rows_warp_per_row<kTiles>, s,
           rows.data(), rows.size(), pass.slots, pass.earlier, pass.later);
}

template <int kSuper>
void solve_wide_chunks(CudaBackend& backend, const RowSystems& s, const ChunkPass& pass) {
  using Layout = WideRows<kSuper>;
  const auto shape = [](std::int64_t count, int threads, std::size_t shared_bytes) {
    return LaunchShape{dim3(static_cast<unsigned>(count)), dim3(static_cast<unsigned>(threads)), shared_bytes};
  };
  const auto& chunks = pass.plan.chunks;
  const auto& rows = pass.plan.split_rows;
  const auto kernel = [&] {
    if (s.cg_steps > 0)
      return s.gradient ? solve_wide_rows_block_per_chunk<kSuper, false, false>
                        : solve_wide_rows_block_per_chunk<kSuper, true, false>;
    return s.gradient ? solve_wide_rows_block_per_chunk<kSuper, false, true>
                      : solve_wide_rows_block_per_chunk<kSuper, true, true>;
  }();
  launch(backend, shape(chunks.size(), Layout::kThreads, Layout::kSharedBytes), kernel, s, chunks.data(), pass.slots);
  if (!rows.empty())
    launch(backend, shape(rows.size(), WideSplitRows::threads(s.rank), WideSplitRows::shared_bytes(s.rank)),
           solve_wide_split_rows_block_per_row, s, rows.data(), pass.slots, pass.earlier, pass.later);
}

void solve_chunks(CudaBackend& backend, const RowSystems& s, const ChunkPass& pass) {
  switch ((s.rank + 15) / 16) {
    case 1: return solve_narrow_chunks<1>(backend, s, pass);
    case 2: return solve_narrow_chunks<2>(backend, s, pass);
    case 3: return solve_narrow_chunks<3>(backend, s, pass);
    case 4: return solve_narrow_chunks<4>(backend, s, pass);
    default: break;
  }
  switch ((s.rank + 63) / 64) {
    case 2: return solve_wide_chunks<2>(backend, s, pass);
    case 3: return solve_wide_chunks<3>(backend, s, pass);
    default: return solve_wide_chunks<4>(backend, s, pass);
  }
}

/// Numbers of a system as a slot holds it.
int slot_matrix(int rank) {
  switch ((rank + 15) / 16) {
    case 1: return WarpSystem<1>::kMatrix;
    case 2: return WarpSystem<2>::kMatrix;
    case 3: return WarpSystem<3>::kMatrix;
    case 4: return WarpSystem<4>::kMatrix;
    default: return BlockSystem::matrix_numbers(rank);
  }
}

void solve_short_rows(CudaBackend& backend, const RowSystems& s, const Buffer<std::int32_t, CudaBackend>& rows) {
  const auto bytes = static_cast<int>(short_row_bytes(s.rank)), warps = std::clamp(48 * 1024 / bytes, 1, 4);
  const LaunchShape shape{dim3(blocks_for(rows.size(), warps)), dim3(static_cast<unsigned>(warps * warp_size)),
                          static_cast<std::size_t>(warps * bytes)};
  const auto kernel = s.rank <= 64    ? solve_short_rows_warp_per_row<1>
                      : s.rank <= 128 ? solve_short_rows_warp_per_row<2>
                                      : solve_short_rows_warp_per_row<4>;
  launch(backend, shape, kernel, s, rows.data(), rows.size());
}

void solve_on_tensor_cores(CudaBackend& backend, const Csr<float, CudaBackend>& m, float lambda,
                           const Buffer<float, CudaBackend>& weights, const Factor<float, CudaBackend>& v,
                           const HalfSweepControl& control, Factor<float, CudaBackend>& u, double* sums) {
  const int rank = u.rank, matrix = slot_matrix(rank);
  const RowPlan<CudaBackend>& plan = m.solve_plan;
  const auto part = static_cast<std::size_t>(Slots::numbers(matrix, rank));
  const auto slots_at_once = static_cast<std::int32_t>(std::clamp<std::size_t>(
      control.split_bytes / (part * sizeof(float)), 1, static_cast<std::size_t>(plan.num_slots) + 1));
  const bool full = control.gather == Gather::full;
  const FullGradients<float> gradients(m, u, v);
  const std::size_t full_bytes = full ? gradients.bytes() : 0;
  // two more, for the sums that are carried from one pass to the next
  const std::size_t slot_bytes =
      plan.num_slots ? static_cast<std::size_t>(slots_at_once + 2) * part * sizeof(float) : 0;
  const SumSpace space(backend, m.num_rows, kHalfSweepSums, full_bytes + slot_bytes + gather_room<__half>(v),
                       "gradients, float16 rows and parts of row systems");
  auto* const gradient = reinterpret_cast<float*>(space.more);
  auto* const parts = reinterpret_cast<float*>(space.more + full_bytes);

  const RowSystems s{.m = view(m),
                     .rank = rank,
                     .v = gather_table<__half>(backend, v, space.more + full_bytes + slot_bytes),
                     .lambda = lambda,
                     .weights = weights.data(),
                     .gradient = full ? gradient : nullptr,
                     .cg_steps = control.cg_steps,
                     .cg_tolerance = static_cast<float>(control.cg_tolerance),
                     .u = u.values.data(),
                     .partial = space.partial};
  if (full) row_gradients(backend, m, u, v, gradient, space.total, space.more + gradients.gradient_bytes);

  float *earlier = parts, *later = parts + part;
  for (std::int32_t slot = 0; !plan.chunks.empty() && (slot == 0 || slot < plan.num_slots); slot += slots_at_once) {
    solve_chunks(backend, s, {plan, {parts + 2 * part, slot, slot + slots_at_once, matrix, rank}, earlier, later});
    std::swap(earlier, later);
  }
  if (!plan.short_rows.empty()) solve_short_rows(backend, s, plan.short_rows);
  if (!plan.empty_rows.empty())
    launch(backend, warp_per_row_shape(plan.empty_rows.size()), clear_empty_rows_warp_per_row, s,
           plan.empty_rows.data(), plan.empty_rows.size());
  add_up(backend, space, m.num_rows, full, sums);
}

}  // namespace

template <class T>
void als_half(CudaBackend& backend, const Csr<T, CudaBackend>& m, double lambda, const Buffer<T, CudaBackend>& weights,
              const Factor<T, CudaBackend>& v, const HalfSweepControl& control, Factor<T, CudaBackend>& u,
              Buffer<double, CudaBackend>& sums) {
  if (m.num_rows == 0) return sums.fill_zero();
  if constexpr (std::is_same_v<T, float>)
    if (suits_tensor_cores(u.rank))
      return solve_on_tensor_cores(backend, m, static_cast<float>(lambda), weights, v, control, u, sums.data());
  solve_plain(backend, m, static_cast<T>(lambda), weights, v, control, u, sums.data());
}

template void als_half(CudaBackend&, const Csr<float, CudaBackend>&, double, const Buffer<float, CudaBackend>&,
                       const Factor<float, CudaBackend>&, const HalfSweepControl&, Factor<float, CudaBackend>&,
                       Buffer<double, CudaBackend>&);
template void als_half(CudaBackend&, const Csr<double, CudaBackend>&, double, const Buffer<double, CudaBackend>&,
                       const Factor<double, CudaBackend>&, const HalfSweepControl&, Factor<double, CudaBackend>&,
                       Buffer<double, CudaBackend>&);

}  // namespace rankfill
