// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/gather_rows.cuh"

// A row plan carried out: one warp per chunk, one group of lanes per short row.

namespace rankfill {

/// What a gather works on.  Passed to kernels by value.
template <class S, class T>
struct GatherTask {
  EntryView<T> m;
  const Chunk* chunks;
  std::int64_t num_chunks;
  const std::int32_t* short_rows;
  std::int64_t num_short_rows;
  const std::int32_t* empty_rows;
  std::int64_t num_empty_rows;
  GatherTable<S> v;
  std::int32_t hot;  ///< columns below it stay near
  const T* u;
  int rank;
  T* g;             ///< the gradient, row after row
  T* slots;         ///< partial gradients of split rows, slot_size numbers each
  int slot_size;    ///< the rank, rounded up to whole vectors of 16 bytes
  double* partial;  ///< one sum of squares per chunk, then one per warp of short rows
};

template <class S, class T>
GatherTask<S, T> gather_task(const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u) {
  GatherTask<S, T> task{};
  const RowPlan<CudaBackend>& plan = m.gradient_plan;
  task.m = view(m);
  task.chunks = plan.chunks.data();
  task.num_chunks = plan.chunks.size();
  task.short_rows = plan.short_rows.data();
  task.num_short_rows = plan.short_rows.size();
  task.empty_rows = plan.empty_rows.data();
  task.num_empty_rows = plan.empty_rows.size();
  constexpr std::int64_t all = std::numeric_limits<std::int32_t>::max();
  task.hot = static_cast<std::int32_t>(m.hot_cols > 0 ? std::min(m.hot_cols, all) : all);
  task.u = u.values.data();
  task.rank = u.rank;
  task.slot_size = (u.rank + vector_size<T> - 1) / vector_size<T> * vector_size<T>;
  return task;
}

/// Warps that work on rows with entries, which is the number of sums of squares; all warps, with those that clear the
/// gradient of rows without.
template <class W, class S, class T>
__host__ __device__ std::int64_t gather_sums(const GatherTask<S, T>& task) {
  return task.num_chunks + (task.num_short_rows + W::groups - 1) / W::groups;
}
template <class W, bool with_gradient, class S, class T>
__host__ __device__ std::int64_t gather_warps(const GatherTask<S, T>& task) {
  return gather_sums<W>(task) + (with_gradient ? (task.num_empty_rows + W::groups - 1) / W::groups : 0);
}

namespace gather_detail {

/// What the rows of a table are multiples of.  Read where it is needed rather than kept.
template <class T, class S>
__device__ __forceinline__ T unit(const GatherTable<S>& table) {
  if constexpr (std::is_same_v<S, __half>) return T(*table.unit);
  return T(1);
}

template <class W, class T>
__device__ __forceinline__ void start_row(const GatherTask<typename W::Stored, T>& task, std::int64_t row,
                                          RowState<W, T>& state) {
  load_row<W>(task.u + row * task.rank, task.rank, unit<T>(task.v), state.u);
#pragma unroll
  for (int k = 0; k < W::numbers; ++k) state.g[k] = 0;
  state.squares = 0;
}

/// The sum over the lanes that hold different squares, and, once per group, over the groups.
template <class W, class T>
__device__ __forceinline__ T sum_of_squares(T squares) {
#pragma unroll
  for (int offset = 1; offset < 1 << W::halvings; offset *= 2) squares += __shfl_xor_sync(full_warp, squares, offset);
#pragma unroll
  for (int offset = W::lanes; offset < warp_size; offset *= 2) squares += __shfl_xor_sync(full_warp, squares, offset);
  return squares;
}

template <class W, bool with_gradient, class T>
__device__ __forceinline__ void take_chunk(const GatherTask<typename W::Stored, T>& task, const LaneTable<W>& table,
                                           std::int64_t warp) {
  const Chunk mine = task.chunks[warp];
  const Chunk chunk{uniform(mine.first), uniform(mine.length), uniform(mine.row), uniform(mine.slot), 0};
  RowState<W, T> state;
  start_row(task, chunk.row, state);
  take_entries_of_chunk<W, with_gradient>(task.m, table, chunk.first, chunk.length, state);
  const T squares = sum_of_squares<W>(state.squares);
  if (lane_id() == 0) task.partial[warp] = double{squares};
  if constexpr (with_gradient) {
#pragma unroll
    for (int offset = W::lanes; offset < warp_size; offset *= 2)
#pragma unroll
      for (int k = 0; k < W::numbers; ++k) state.g[k] += __shfl_xor_sync(full_warp, state.g[k], offset);
    const bool whole = chunk.slot < 0;
    T* to =
        whole ? task.g + std::int64_t{chunk.row} * task.rank : task.slots + std::int64_t{chunk.slot} * task.slot_size;
    if (lane_id() < W::lanes)
      store_row<W>(to, task.rank, !whole || task.rank == task.slot_size, unit<T>(task.v), state.g);
  }
}

template <class W, bool with_gradient, class T>
__device__ __forceinline__ void take_short_rows(const GatherTask<typename W::Stored, T>& task,
                                                const LaneTable<W>& table, std::int64_t warp) {
  const auto number = [&] { return (warp - task.num_chunks) * W::groups + lane_id() / W::lanes; };
  RowState<W, T> state;
  {
    const bool exists = number() < task.num_short_rows;
    const std::int64_t row = task.short_rows[exists ? number() : task.num_short_rows - 1];
    const std::int64_t first = task.m.row_ptr[row];
    const int length = exists ? static_cast<int>(task.m.row_ptr[row + 1] - first) : 0;
    int longest = length;
#pragma unroll
    for (int offset = W::lanes; offset < warp_size; offset *= 2)
      longest = max(longest, __shfl_xor_sync(full_warp, longest, offset));
    longest = uniform(longest);
    start_row(task, row, state);
    take_entries_of_rows<W, with_gradient>(task.m, table, first, length, longest, state);
  }
  const T squares = sum_of_squares<W>(state.squares);
  if (lane_id() == 0) task.partial[warp] = double{squares};
  if constexpr (with_gradient)
    if (number() < task.num_short_rows) {  // the row anew: to keep it would cost a register
      const std::int64_t row = *static_cast<const volatile std::int32_t*>(task.short_rows + number());
      store_row<W>(task.g + row * task.rank, task.rank, task.rank == task.slot_size, unit<T>(task.v), state.g);
    }
}

}  // namespace gather_detail

/// Everything the plan lists.  With with_gradient: every row of g, or of slots where the row is split.
template <class W, bool with_gradient, class T>
__device__ __forceinline__ void gather_rows(const GatherTask<typename W::Stored, T>& task) {
  using namespace gather_detail;
  const LaneTable<W> table(task.v, task.hot);
  const std::int64_t sums = gather_sums<W>(task);
  const std::int64_t warps = gather_warps<W, with_gradient>(task);
  for (std::int64_t warp = blockIdx.x; warp < warps; warp += gridDim.x) {
    if (warp < task.num_chunks) {
      take_chunk<W, with_gradient>(task, table, warp);
    } else if (warp < sums) {
      take_short_rows<W, with_gradient>(task, table, warp);
    } else if constexpr (with_gradient) {
      const std::int64_t i = (warp - sums) * W::groups + lane_id() / W::lanes;
      const T zero[W::numbers] = {};
      if (i < task.num_empty_rows)
        store_row<W>(task.g + task.empty_rows[i] * std::int64_t{task.rank}, task.rank, task.rank == task.slot_size,
                     T(1), zero);
    }
  }
}

/// Grid for a kernel that calls gather_rows<W, with_gradient>.
template <class W, bool with_gradient, class S, class T>
LaunchShape gather_shape(const GatherTask<S, T>& task) {
  return {dim3(blocks_for(gather_warps<W, with_gradient>(task), 1)), dim3(kGatherThreads), 0};
}

}  // namespace rankfill
