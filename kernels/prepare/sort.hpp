// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "backend/backend.hpp"

namespace rankfill {

class CudaBackend;

/// Keys and a value with each, and as much room again through which a sort passes them.
template <class V, class B>
struct SortedPairs {
  SortedPairs() = default;
  SortedPairs(B& backend, std::int64_t size, const char* purpose)
      : keys(backend, size, purpose), values(backend, size, purpose) {}

  Buffer<std::uint64_t, B> keys;
  Buffer<V, B> values;
  Buffer<std::uint64_t, B> spare_keys;  ///< empty until the first sort
  Buffer<V, B> spare_values;
  void make_spares(B& backend) {
    if (!spare_keys.empty() || keys.empty()) return;
    spare_keys = {backend, keys.size(), "the room of a sort"};
    spare_values = {backend, keys.size(), "the room of a sort"};
  }
  /// For who has written into the spares.
  void swap_spares() {
    std::swap(keys, spare_keys);
    std::swap(values, spare_values);
  }
  void free_spares() { spare_keys = {}, spare_values = {}; }
};

/// Puts the pairs in ascending order of the bits [first_bit, last_bit) of their keys; stable.  V: float, double, int32_t.
/// The spares stay, for the next sort.  A radix sort: ceil(bits / 8) times every pair is read and written once.
/// Device memory on top of the pairs: the spares, and scratch of less than 1 byte per pair, freed on return.
/// Enqueues; need not wait.
template <class V>
void sort_by_bits(CudaBackend&, SortedPairs<V, CudaBackend>& pairs, int first_bit, int last_bit);

/// The same for the `count` pairs from `first` on, where they lie.  `scratch` grows to what this takes and is kept for the next:
/// between sorts of no more pairs nothing is allocated and the device does not stop.
template <class V>
void sort_run(CudaBackend&, SortedPairs<V, CudaBackend>& pairs, std::int64_t first, std::int64_t count, int first_bit,
              int last_bit, Buffer<std::byte, CudaBackend>& scratch);

/// x_i = the sum of what x_0 .. x_{i-1} were.  Scratch of less than 1 byte per number.  Enqueues; need not wait.
void sum_up(CudaBackend&, Buffer<std::int64_t, CudaBackend>& x);

}  // namespace rankfill
