// SPDX-License-Identifier: Apache-2.0
#include "kernels/prepare/runs.hpp"

#include "kernels/detail/thread_per_item.cuh"

namespace rankfill {

namespace {

/// Entries in runs of `length`.  Tables over columns and runs are in order of (place of the column, run): the order that
/// the entries go to.
struct RunView {
  KeyLayout layout;
  const std::uint64_t* keys;
  std::int64_t size, length, num_runs;

  /// The first entry of `run` whose column is not below col.
  __device__ __forceinline__ std::int64_t lower_bound(std::int64_t run, std::int64_t col) const {
    std::int64_t first = run * length, last = min(first + length, size);
    while (first < last) {
      const std::int64_t middle = (first + last) / 2;
      if (layout.col(keys[middle]) < col)
        first = middle + 1;
      else
        last = middle;
    }
    return first;
  }
};

/// first: where each column begins in each run; count: how many entries it has there.
__global__ void find_thread_per_column_and_run(RunView runs, const std::int32_t* col_order, std::int64_t* first,
                                               std::int64_t* count) {
  const std::int64_t items = runs.layout.num_cols * runs.num_runs;
  for (std::int64_t i = grid_thread(); i < items; i += grid_threads()) {
    const std::int64_t run = i % runs.num_runs, col = col_order[i / runs.num_runs];
    const std::int64_t begin = runs.lower_bound(run, col);
    first[i] = begin;
    count[i] = runs.lower_bound(run, col + 1) - begin;
  }
}

template <class S>
__global__ void move_thread_per_entry(RunView runs, const std::int32_t* row_place, const std::int32_t* col_place,
                                      const std::int64_t* first, const std::int64_t* to, const S* values,
                                      std::uint64_t* moved_keys, S* moved_values) {
  for (std::int64_t p = grid_thread(); p < runs.size; p += grid_threads()) {
    const std::uint64_t key = runs.keys[p];
    const std::int32_t row = row_place[runs.layout.row(key)], col = col_place[runs.layout.col(key)];
    const std::int64_t i = col * runs.num_runs + p / runs.length, q = to[i] + (p - first[i]);
    moved_keys[q] = runs.layout.key(row, col);
    moved_values[q] = values[p];
  }
}

}  // namespace

template <class S>
void merge_runs(CudaBackend& backend, const KeyLayout& layout, std::int64_t run_length,
                const Buffer<std::int32_t, CudaBackend>& row_place, const Buffer<std::int32_t, CudaBackend>& col_place,
                const Buffer<std::int32_t, CudaBackend>& col_order, SortedPairs<S, CudaBackend>& pairs) {
  const std::int64_t size = pairs.keys.size();
  if (size == 0) return;
  pairs.make_spares(backend);
  const RunView runs{layout, pairs.keys.data(), size, run_length, (size + run_length - 1) / run_length};
  const std::int64_t items = layout.num_cols * runs.num_runs;
  Buffer<std::int64_t, CudaBackend> first(backend, items, "runs of columns"), to(backend, items, "runs of columns");
  launch(backend, thread_per_item_shape(items), find_thread_per_column_and_run, runs, col_order.data(), first.data(),
         to.data());
  sum_up(backend, to);
  launch(backend, thread_per_item_shape(size), move_thread_per_entry<S>, runs, row_place.data(), col_place.data(),
         first.data(), to.data(), pairs.values.data(), pairs.spare_keys.data(), pairs.spare_values.data());
  pairs.swap_spares();
}

template void merge_runs(CudaBackend&, const KeyLayout&, std::int64_t, const Buffer<std::int32_t, CudaBackend>&,
                         const Buffer<std::int32_t, CudaBackend>&, const Buffer<std::int32_t, CudaBackend>&,
                         SortedPairs<float, CudaBackend>&);
template void merge_runs(CudaBackend&, const KeyLayout&, std::int64_t, const Buffer<std::int32_t, CudaBackend>&,
                         const Buffer<std::int32_t, CudaBackend>&, const Buffer<std::int32_t, CudaBackend>&,
                         SortedPairs<double, CudaBackend>&);

}  // namespace rankfill
