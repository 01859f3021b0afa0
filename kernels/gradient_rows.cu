// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_rows.hpp"

#include "kernels/detail/gather_plan.cuh"
#include "kernels/detail/row_gradients.hpp"

namespace rankfill {

namespace {

template <class S, int lanes, int vectors, class T>
__global__ void __launch_bounds__(kGatherThreads, resident_blocks<GatherWalk<S, lanes, vectors>>)
    grad_rows_warp_per_chunk(const GatherTask<S, T> task) {
  gather_rows<GatherWalk<S, lanes, vectors>, true>(task);
}

/// g of every split row = the sum of its slots, in order.  One warp per 32 numbers of a row.
template <class T>
__global__ void sum_slots_warp_per_tile(std::int64_t num_rows, int rank, const SplitRow* rows, const T* slots,
                                        int slot_size, T* g) {
  const int tiles = (rank + warp_size - 1) / warp_size;
  for (std::int64_t i = grid_warp(); i < num_rows * tiles; i += grid_warps()) {
    const SplitRow row = rows[i / tiles];
    const int k = static_cast<int>(i % tiles) * warp_size + lane_id();
    if (k >= rank) continue;
    const T* from = slots + std::int64_t{row.first_slot} * slot_size + k;
    double sum = 0;
#pragma unroll 8
    for (int slot = 0; slot < row.num_slots; ++slot) sum += double{from[std::int64_t{slot} * slot_size]};
    g[std::int64_t{row.row} * rank + k] = static_cast<T>(sum);
  }
}

/// Bytes that the partial gradients of split rows take.
template <class S, class T>
std::size_t slot_bytes(const RowPlan<CudaBackend>& plan, const GatherTask<S, T>& task) {
  return static_cast<std::size_t>(plan.num_slots) * task.slot_size * sizeof(T);
}

/// The same, with those of the sums of squares.  A multiple of 16.
template <class S, class T>
std::size_t partial_bytes(const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u) {
  std::size_t bytes = 0;
  with_gather_walk<S>(gather_vectors<S>(u.rank), [&](auto walk) {
    const GatherTask<S, T> task = gather_task<S>(m, u);
    bytes = static_cast<std::size_t>((gather_sums<decltype(walk)>(task) + 1) / 2 * 2) * sizeof(double) +
            slot_bytes(m.gradient_plan, task);
  });
  return bytes;
}

template <class S, class T>
void gradient_rows_from(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                        const Factor<T, CudaBackend>& v, T* g, double* squared_error, std::byte* room) {
  with_gather_walk<S>(gather_vectors<S>(u.rank), [&](auto walk) {
    using W = decltype(walk);
    const RowPlan<CudaBackend>& plan = m.gradient_plan;
    GatherTask<S, T> task = gather_task<S>(m, u);
    const std::int64_t sums = gather_sums<W>(task), tiles = (u.rank + warp_size - 1) / warp_size;
    std::byte* const copy = room + partial_bytes<S>(m, u);
    task.partial = reinterpret_cast<double*>(room);
    task.slots = reinterpret_cast<T*>(copy - slot_bytes(plan, task));
    task.g = g;
    task.v = gather_table<S>(backend, v, copy);
    launch(backend, gather_shape<W, true>(task), grad_rows_warp_per_chunk<S, W::lanes, W::vectors, T>, task);
    if (!plan.split_rows.empty())
      launch(backend, warp_per_row_shape(plan.split_rows.size() * tiles), sum_slots_warp_per_tile<T>,
             plan.split_rows.size(), u.rank, plan.split_rows.data(), task.slots, task.slot_size, task.g);
    ordered_sum<1>(backend, task.partial, sums, squared_error);
  });
}

}  // namespace

template <class T>
std::size_t row_gradients_room(const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                               const Factor<T, CudaBackend>& v) {
  return partial_bytes<T>(m, u) + gather_room<T>(v);
}

template <class T>
void row_gradients(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                   const Factor<T, CudaBackend>& v, T* g, double* squared_error, std::byte* room) {
  gradient_rows_from<T>(backend, m, u, v, g, squared_error, room);
}

template <class T>
void gradient_rows(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                   const Factor<T, CudaBackend>& v, Gather gather, Factor<T, CudaBackend>& g,
                   Buffer<double, CudaBackend>& squared_error) {
  const auto in_workspace = [&](std::size_t bytes) {
    return static_cast<std::byte*>(backend.workspace(bytes, "partial gradients and fetched rows"));
  };
  if constexpr (std::is_same_v<T, float>)
    if (gather == Gather::half)
      return gradient_rows_from<__half>(backend, m, u, v, g.values.data(), squared_error.data(),
                                        in_workspace(partial_bytes<__half>(m, u) + gather_room<__half>(v)));
  row_gradients(backend, m, u, v, g.values.data(), squared_error.data(), in_workspace(row_gradients_room(m, u, v)));
}

template std::size_t row_gradients_room(const Csr<float, CudaBackend>&, const Factor<float, CudaBackend>&,
                                        const Factor<float, CudaBackend>&);
template std::size_t row_gradients_room(const Csr<double, CudaBackend>&, const Factor<double, CudaBackend>&,
                                        const Factor<double, CudaBackend>&);
template void row_gradients(CudaBackend&, const Csr<float, CudaBackend>&, const Factor<float, CudaBackend>&,
                            const Factor<float, CudaBackend>&, float*, double*, std::byte*);
template void row_gradients(CudaBackend&, const Csr<double, CudaBackend>&, const Factor<double, CudaBackend>&,
                            const Factor<double, CudaBackend>&, double*, double*, std::byte*);
template void gradient_rows(CudaBackend&, const Csr<float, CudaBackend>&, const Factor<float, CudaBackend>&,
                            const Factor<float, CudaBackend>&, Gather, Factor<float, CudaBackend>&,
                            Buffer<double, CudaBackend>&);
template void gradient_rows(CudaBackend&, const Csr<double, CudaBackend>&, const Factor<double, CudaBackend>&,
                            const Factor<double, CudaBackend>&, Gather, Factor<double, CudaBackend>&,
                            Buffer<double, CudaBackend>&);

}  // namespace rankfill
