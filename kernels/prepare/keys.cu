// SPDX-License-Identifier: Apache-2.0
#include "kernels/prepare/keys.hpp"

#include "kernels/detail/thread_per_item.cuh"
#include "kernels/prepare/sort.hpp"

namespace rankfill {

namespace {

using Count = unsigned long long;

/// counts[index] += 1 for every lane with an index of 0 or more; all 32 lanes call it.  Files are often sorted by one of the
/// two: then a warp has one index, and makes one addition instead of 32 to the same address.
__device__ __forceinline__ void count_index(Count* counts, std::int32_t index) {
  const std::int32_t first = __shfl_sync(full_warp, index, 0);
  if (__all_sync(full_warp, index == first)) {
    if (lane_id() == 0 && first >= 0) atomicAdd(counts + first, Count{warp_size});
  } else if (index >= 0) {
    atomicAdd(counts + index, Count{1});
  }
}

template <class S>
__global__ void take_thread_per_entry(EntryPiece piece, KeyLayout layout, std::int32_t lowest, std::uint64_t* keys,
                                      S* values, Count* row_counts, Count* col_counts, Count* found) {
  // The last warp stays whole, for the sake of count_index.
  const std::int64_t whole = (piece.count + warp_size - 1) / warp_size * warp_size;
  for (std::int64_t t = grid_thread(); t < whole; t += grid_threads()) {
    const bool there = t < piece.count;
    const std::int64_t row = there ? piece.rows[t] : -1, col = there ? piece.cols[t] : -1;
    const double value = there ? piece.values[t] : 0;
    const bool right =
        row >= lowest && row < layout.num_rows && col >= lowest && col < layout.num_cols && isfinite(value);
    const bool taken = there && right && row >= 0 && col >= 0;
    if (there) {
      const std::int64_t p = piece.first + t;
      if (!right) atomicMin(found, static_cast<Count>(p));
      if (right && double{static_cast<S>(value)} != value) found[1] = 1;  // by whomever
      keys[p] = taken ? layout.key(static_cast<std::int32_t>(row), static_cast<std::int32_t>(col)) : layout.left_out();
      values[p] = static_cast<S>(value);
    }
    if (row_counts) count_index(row_counts, taken ? static_cast<std::int32_t>(row) : -1);
    if (col_counts) count_index(col_counts, taken ? static_cast<std::int32_t>(col) : -1);
  }
}

__global__ void given_thread_per_entry(EntryPiece piece, std::int64_t first, std::int64_t step, std::int64_t count,
                                       GivenEntry* given) {
  for (std::int64_t i = grid_thread(); i < count; i += grid_threads()) {
    const std::int64_t t = first + i * step;
    given[i] = {piece.rows[t], piece.cols[t], piece.values[t]};
  }
}

__global__ void descending_keys_thread_per_index(std::int64_t size, Count most, const Count* counts,
                                                 std::uint64_t* keys, std::int32_t* index) {
  for (std::int64_t i = grid_thread(); i < size; i += grid_threads()) {
    keys[i] = most - counts[i];
    index[i] = static_cast<std::int32_t>(i);
  }
}

__global__ void invert_thread_per_index(std::int64_t size, const std::int32_t* order, std::int32_t* place) {
  for (std::int64_t r = grid_thread(); r < size; r += grid_threads()) place[order[r]] = static_cast<std::int32_t>(r);
}

__global__ void relabel_thread_per_key(std::int64_t count, KeyLayout layout, const std::int32_t* row_place,
                                       const std::int32_t* col_place, std::uint64_t* keys) {
  for (std::int64_t p = grid_thread(); p < count; p += grid_threads()) {
    const std::uint64_t key = keys[p];
    if (key != layout.left_out()) keys[p] = layout.key(row_place[layout.row(key)], col_place[layout.col(key)]);
  }
}

/// *first = the smallest row << 32 | col of an equal pair.
__global__ void duplicate_thread_per_key(std::int64_t count, KeyLayout layout, const std::uint64_t* keys,
                                         const std::int32_t* row_order, const std::int32_t* col_order, Count* first) {
  for (std::int64_t p = grid_thread() + 1; p < count; p += grid_threads()) {
    const std::uint64_t key = keys[p];
    if (key == keys[p - 1])
      atomicMin(first,
                static_cast<Count>(row_order[layout.row(key)]) << 32 | static_cast<Count>(col_order[layout.col(key)]));
  }
}

__device__ __forceinline__ std::int32_t index_of(const KeyLayout& layout, Side side, std::uint64_t key) {
  return side == Side::row ? layout.row(key) : layout.col(key);
}

__global__ void offsets_thread_per_row(std::int64_t size, KeyLayout layout, Side side, const std::uint64_t* keys,
                                       std::int64_t count, std::int64_t* row_ptr) {
  for (std::int64_t i = grid_thread(); i < size; i += grid_threads()) {
    std::int64_t first = 0, last = count;
    while (first < last) {
      const std::int64_t middle = (first + last) / 2;
      if (index_of(layout, side, keys[middle]) < i)
        first = middle + 1;
      else
        last = middle;
    }
    row_ptr[i] = first;
  }
}

template <class Index>
__global__ void unpack_thread_per_key(std::int64_t count, KeyLayout layout, Side side, const std::uint64_t* keys,
                                      Index* index) {
  for (std::int64_t p = grid_thread(); p < count; p += grid_threads())
    index[p] = static_cast<Index>(index_of(layout, side, keys[p]));
}

}  // namespace

template <class S>
void take_entries(CudaBackend& backend, const EntryPiece& piece, const KeyLayout& layout, bool unseen_allowed,
                  Buffer<std::uint64_t, CudaBackend>& keys, Buffer<S, CudaBackend>& values,
                  Census<CudaBackend>& census) {
  launch(backend, thread_per_item_shape(piece.count), take_thread_per_entry<S>, piece, layout, unseen_allowed ? -1 : 0,
         keys.data(), values.data(), census.row_counts.data(), census.col_counts.data(), census.found.data());
}

std::vector<GivenEntry> read_given(CudaBackend& backend, const EntryPiece& piece, std::int64_t first,
                                   std::int64_t step) {
  const std::int64_t count = piece.count > first ? (piece.count - first - 1) / step + 1 : 0;
  Buffer<GivenEntry, CudaBackend> given(backend, count, "a sample of the entries");
  launch(backend, thread_per_item_shape(count), given_thread_per_entry, piece, first, step, count, given.data());
  return given.download();
}

void order_by_count(CudaBackend& backend, const Buffer<Count, CudaBackend>& counts, std::int64_t most,
                    Buffer<std::int32_t, CudaBackend>& order, Buffer<std::int32_t, CudaBackend>& place) {
  const std::int64_t size = counts.size();
  SortedPairs<std::int32_t, CudaBackend> pairs(backend, size, "an order by count");
  launch(backend, thread_per_item_shape(size), descending_keys_thread_per_index, size, static_cast<Count>(most),
         counts.data(), pairs.keys.data(), pairs.values.data());
  sort_by_bits(backend, pairs, 0, std::bit_width(static_cast<std::uint64_t>(most)));
  order = std::move(pairs.values);
  place = {backend, size, "an order by count"};
  launch(backend, thread_per_item_shape(size), invert_thread_per_index, size, order.data(), place.data());
}

void relabel(CudaBackend& backend, const KeyLayout& layout, const Buffer<std::int32_t, CudaBackend>& row_place,
             const Buffer<std::int32_t, CudaBackend>& col_place, Buffer<std::uint64_t, CudaBackend>& keys) {
  launch(backend, thread_per_item_shape(keys.size()), relabel_thread_per_key, keys.size(), layout, row_place.data(),
         col_place.data(), keys.data());
}

std::optional<std::pair<std::int32_t, std::int32_t>> read_duplicate(
    CudaBackend& backend, const KeyLayout& layout, const Buffer<std::uint64_t, CudaBackend>& keys,
    const Buffer<std::int32_t, CudaBackend>& row_order, const Buffer<std::int32_t, CudaBackend>& col_order) {
  Buffer<Count, CudaBackend> first(backend, std::vector<Count>{~0ULL}, "the first duplicate");
  launch(backend, thread_per_item_shape(keys.size()), duplicate_thread_per_key, keys.size(), layout, keys.data(),
         row_order.data(), col_order.data(), first.data());
  const Count pair = first.download()[0];
  if (pair == ~0ULL) return std::nullopt;
  return std::pair{static_cast<std::int32_t>(pair >> 32), static_cast<std::int32_t>(pair & 0xFFFFFFFFU)};
}

void row_offsets(CudaBackend& backend, const KeyLayout& layout, Side side,
                 const Buffer<std::uint64_t, CudaBackend>& keys, std::int64_t count,
                 Buffer<std::int64_t, CudaBackend>& row_ptr) {
  launch(backend, thread_per_item_shape(row_ptr.size()), offsets_thread_per_row, row_ptr.size(), layout, side,
         keys.data(), count, row_ptr.data());
}

template <class Index>
void unpack(CudaBackend& backend, const KeyLayout& layout, Side side, const Buffer<std::uint64_t, CudaBackend>& keys,
            Buffer<Index, CudaBackend>& index) {
  launch(backend, thread_per_item_shape(index.size()), unpack_thread_per_key<Index>, index.size(), layout, side,
         keys.data(), index.data());
}

template void take_entries(CudaBackend&, const EntryPiece&, const KeyLayout&, bool, Buffer<std::uint64_t, CudaBackend>&,
                           Buffer<float, CudaBackend>&, Census<CudaBackend>&);
template void take_entries(CudaBackend&, const EntryPiece&, const KeyLayout&, bool, Buffer<std::uint64_t, CudaBackend>&,
                           Buffer<double, CudaBackend>&, Census<CudaBackend>&);
template void unpack(CudaBackend&, const KeyLayout&, Side, const Buffer<std::uint64_t, CudaBackend>&,
                     Buffer<std::int32_t, CudaBackend>&);
template void unpack(CudaBackend&, const KeyLayout&, Side, const Buffer<std::uint64_t, CudaBackend>&,
                     Buffer<std::uint16_t, CudaBackend>&);

}  // namespace rankfill
