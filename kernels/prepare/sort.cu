// SPDX-License-Identifier: Apache-2.0
#include "kernels/prepare/sort.hpp"

#include <utility>

#include "kernels/detail/radix_sort.cuh"

// The only file that sees CUB, which takes nvcc longer than all other kernels together.

namespace rankfill {

template <class V>
void sort_by_bits(CudaBackend& backend, SortedPairs<V, CudaBackend>& pairs, int first_bit, int last_bit) {
  constexpr const char* purpose = "the room of a sort";
  const std::int64_t size = pairs.keys.size();
  if (size < 2 || first_bit >= last_bit) return;
  if (pairs.spare_keys.empty()) {
    pairs.spare_keys = {backend, size, purpose};
    pairs.spare_values = {backend, size, purpose};
  }
  RadixSort<V> sort{.keys = {pairs.keys.data(), pairs.spare_keys.data()},
                    .values = {pairs.values.data(), pairs.spare_values.data()},
                    .size = size,
                    .first_bit = first_bit,
                    .last_bit = last_bit};
  Buffer<std::byte, CudaBackend> scratch(backend, static_cast<std::int64_t>(sort.scratch_bytes()), purpose);
  if (sort.run(scratch.data(), scratch.bytes(), backend.stream())) {
    std::swap(pairs.keys, pairs.spare_keys);
    std::swap(pairs.values, pairs.spare_values);
  }
}

template void sort_by_bits(CudaBackend&, SortedPairs<float, CudaBackend>&, int, int);
template void sort_by_bits(CudaBackend&, SortedPairs<double, CudaBackend>&, int, int);
template void sort_by_bits(CudaBackend&, SortedPairs<std::int32_t, CudaBackend>&, int, int);

}  // namespace rankfill
