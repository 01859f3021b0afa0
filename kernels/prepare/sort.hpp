// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

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
  void free_spares() { spare_keys = {}, spare_values = {}; }
};

/// Puts the pairs in ascending order of the bits [first_bit, last_bit) of their keys; stable.  V: float, double, int32_t.
/// The spares stay, for the next sort.  A radix sort: ceil(bits / 8) times every pair is read and written once.
/// Device memory on top of the pairs: the spares, and scratch of less than 1 byte per pair, freed on return.
/// Enqueues; need not wait.
template <class V>
void sort_by_bits(CudaBackend&, SortedPairs<V, CudaBackend>& pairs, int first_bit, int last_bit);

}  // namespace rankfill
