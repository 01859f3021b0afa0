// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <cub/device/device_radix_sort.cuh>
#include <type_traits>

#include "backend/cuda.hpp"
#include "backend/cuda_check.hpp"

// tests/support/simt/include/kernels/detail/radix_sort.cuh is the same interface in software; keep the two equal.

namespace rankfill {

/// Stable sort of pairs by bits of the key, to and fro between two buffers.
template <class V>
struct RadixSort {
  std::uint64_t* keys[2];
  V* values[2];
  std::int64_t size;
  int first_bit, last_bit;

  std::size_t scratch_bytes() const {
    std::size_t bytes = 0;
    call(nullptr, bytes, nullptr);
    return bytes;
  }
  /// Enqueues.  True: the result is in the second buffers.
  bool run(void* scratch, std::size_t bytes, cudaStream_t stream) const { return call(scratch, bytes, stream); }

 private:
  // A value is moved, never looked at, so sizes are all that need compiling.
  using Moved = std::conditional_t<sizeof(V) == 4, std::uint32_t, std::uint64_t>;
  static_assert(sizeof(V) == sizeof(Moved));

  bool call(void* scratch, std::size_t& bytes, cudaStream_t stream) const {
    cub::DoubleBuffer<std::uint64_t> k(keys[0], keys[1]);
    cub::DoubleBuffer<Moved> v(reinterpret_cast<Moved*>(values[0]), reinterpret_cast<Moved*>(values[1]));
    check(cub::DeviceRadixSort::SortPairs(scratch, bytes, k, v, size, first_bit, last_bit, stream),
          "cub::DeviceRadixSort::SortPairs");
    return k.selector == 1;
  }
};

}  // namespace rankfill
