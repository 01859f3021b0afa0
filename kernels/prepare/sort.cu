// SPDX-License-Identifier: Apache-2.0
#include "kernels/prepare/sort.hpp"

#include "kernels/detail/prefix_sum.cuh"
#include "kernels/detail/radix_sort.cuh"

// The only file that sees CUB, which takes nvcc longer than all other kernels together.

namespace rankfill {

namespace {

/// Of the `count` pairs from `first` on, between them and the spares.
template <class V>
RadixSort<V> radix_sort(SortedPairs<V, CudaBackend>& pairs, std::int64_t first, std::int64_t count, int first_bit,
                        int last_bit) {
  return {.keys = {pairs.keys.data() + first, pairs.spare_keys.data() + first},
          .values = {pairs.values.data() + first, pairs.spare_values.data() + first},
          .size = count,
          .first_bit = first_bit,
          .last_bit = last_bit};
}

}  // namespace

template <class V>
void sort_by_bits(CudaBackend& backend, SortedPairs<V, CudaBackend>& pairs, int first_bit, int last_bit) {
  const std::int64_t size = pairs.keys.size();
  if (size < 2 || first_bit >= last_bit) return;
  pairs.make_spares(backend);
  const RadixSort<V> sort = radix_sort(pairs, 0, size, first_bit, last_bit);
  Buffer<std::byte, CudaBackend> scratch(backend, static_cast<std::int64_t>(sort.scratch_bytes()),
                                         "the room of a sort");
  if (sort.run(scratch.data(), scratch.bytes(), backend.stream())) pairs.swap_spares();
}

template <class V>
void sort_run(CudaBackend& backend, SortedPairs<V, CudaBackend>& pairs, std::int64_t first, std::int64_t count,
              int first_bit, int last_bit, Buffer<std::byte, CudaBackend>& scratch) {
  if (count < 2 || first_bit >= last_bit) return;
  pairs.make_spares(backend);
  const RadixSort<V> sort = radix_sort(pairs, first, count, first_bit, last_bit);
  const auto needed = static_cast<std::int64_t>(sort.scratch_bytes());
  if (scratch.size() < needed) scratch = {backend, needed, "the room of a sort"};
  if (!sort.run(scratch.data(), scratch.bytes(), backend.stream())) return;
  const auto n = static_cast<std::size_t>(count);
  backend.copy(sort.keys[0], sort.keys[1], n * sizeof(std::uint64_t));
  backend.copy(sort.values[0], sort.values[1], n * sizeof(V));
}

void sum_up(CudaBackend& backend, Buffer<std::int64_t, CudaBackend>& x) {
  if (x.empty()) return;
  const PrefixSum sum{x.data(), x.size()};
  Buffer<std::byte, CudaBackend> scratch(backend, static_cast<std::int64_t>(sum.scratch_bytes()), "the room of a sum");
  sum.run(scratch.data(), scratch.bytes(), backend.stream());
}

template void sort_by_bits(CudaBackend&, SortedPairs<float, CudaBackend>&, int, int);
template void sort_by_bits(CudaBackend&, SortedPairs<double, CudaBackend>&, int, int);
template void sort_by_bits(CudaBackend&, SortedPairs<std::int32_t, CudaBackend>&, int, int);
template void sort_run(CudaBackend&, SortedPairs<float, CudaBackend>&, std::int64_t, std::int64_t, int, int,
                       Buffer<std::byte, CudaBackend>&);
template void sort_run(CudaBackend&, SortedPairs<double, CudaBackend>&, std::int64_t, std::int64_t, int, int,
                       Buffer<std::byte, CudaBackend>&);

}  // namespace rankfill
