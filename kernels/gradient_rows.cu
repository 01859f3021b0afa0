// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_rows.hpp"

#include "kernels/detail/gather_plan.cuh"

namespace rankfill {

namespace {

template <class S, int lanes, int vectors, class T>
__global__ void __launch_bounds__(kGatherThreads, GatherWalk<S, lanes, vectors>::resident)
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

template <class S, class T>
void gradient_rows_from(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                        const Factor<T, CudaBackend>& v, Factor<T, CudaBackend>& g,
                        Buffer<double, CudaBackend>& squared_error) {
  with_gather_walk<S>(static_cast<int>(gather_row_bytes<S>(u.rank) / 16), [&](auto walk) {
    using W = decltype(walk);
    const RowPlan<CudaBackend>& plan = m.gradient_plan;
    GatherTask<S, T> task = gather_task<S>(m, u);
    const std::int64_t sums = gather_sums<W>(task), tiles = (u.rank + warp_size - 1) / warp_size;
    const std::size_t slot_bytes = static_cast<std::size_t>(plan.num_slots) * task.slot_size * sizeof(T);
    const SumSpace space(backend, sums, 1, slot_bytes + gather_room<S>(v), "partial gradients and fetched rows");
    task.partial = space.partial;
    task.slots = reinterpret_cast<T*>(space.more);
    task.g = g.values.data();
    task.v = gather_table<S>(backend, v, space.more + slot_bytes);
    launch(backend, gather_shape<W, true>(task), grad_rows_warp_per_chunk<S, W::lanes, W::vectors, T>, task);
    if (!plan.split_rows.empty())
      launch(backend, warp_per_row_shape(plan.split_rows.size() * tiles), sum_slots_warp_per_tile<T>,
             plan.split_rows.size(), u.rank, plan.split_rows.data(), task.slots, task.slot_size, task.g);
    ordered_sum<1>(backend, space.partial, sums, squared_error.data());
  });
}

}  // namespace

template <class T>
void gradient_rows(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                   const Factor<T, CudaBackend>& v, Gather gather, Factor<T, CudaBackend>& g,
                   Buffer<double, CudaBackend>& squared_error) {
  if constexpr (std::is_same_v<T, float>)
    if (gather == Gather::half) return gradient_rows_from<__half>(backend, m, u, v, g, squared_error);
  gradient_rows_from<T>(backend, m, u, v, g, squared_error);
}

template void gradient_rows(CudaBackend&, const Csr<float, CudaBackend>&, const Factor<float, CudaBackend>&,
                            const Factor<float, CudaBackend>&, Gather, Factor<float, CudaBackend>&,
                            Buffer<double, CudaBackend>&);
template void gradient_rows(CudaBackend&, const Csr<double, CudaBackend>&, const Factor<double, CudaBackend>&,
                            const Factor<double, CudaBackend>&, Gather, Factor<double, CudaBackend>&,
                            Buffer<double, CudaBackend>&);

}  // namespace rankfill
