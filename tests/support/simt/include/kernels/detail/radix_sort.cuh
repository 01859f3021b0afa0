// SPDX-License-Identifier: Apache-2.0
#pragma once

// Software twin of kernels/detail/radix_sort.cuh: same interface, std::stable_sort.

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "backend/cuda.hpp"
#include "backend/cuda_check.hpp"
#include "streams.hpp"

namespace rankfill {

template <class V>
struct RadixSort {
  std::uint64_t* keys[2];
  V* values[2];
  std::int64_t size;
  int first_bit, last_bit;

  std::size_t scratch_bytes() const { return 1024 + static_cast<std::size_t>(size) / 8; }

  /// The result changes buffers with every pass over 8 bits, as on a device; the other buffers are left with garbage.
  bool run(void* scratch, std::size_t bytes, cudaStream_t stream) const {
    simt::settle(stream);
    const auto count = static_cast<std::size_t>(size);
    const auto reachable = [](const void* p, std::size_t n) { return simt::find_allocation(p, n) != nullptr; };
    bool valid = bytes >= scratch_bytes() && reachable(scratch, bytes) && first_bit < last_bit && last_bit <= 64;
    for (int i = 0; i < 2; ++i)
      valid = valid && reachable(keys[i], count * sizeof *keys[i]) && reachable(values[i], count * sizeof(V));
    check(valid ? cudaSuccess : cudaErrorInvalidValue, "RadixSort");

    const simt::DeviceAccess access;
    const std::uint64_t mask = (last_bit == 64 ? 0 : std::uint64_t{1} << last_bit) - (std::uint64_t{1} << first_bit);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return (keys[0][a] & mask) < (keys[0][b] & mask); });
    const bool second = (last_bit - first_bit + 7) / 8 % 2 == 1;
    std::vector<std::pair<std::uint64_t, V>> sorted(count);
    for (std::size_t p = 0; p < count; ++p) sorted[p] = {keys[0][order[p]], values[0][order[p]]};
    for (std::size_t p = 0; p < count; ++p) {
      keys[second ? 0 : 1][p] = ~std::uint64_t{0}, values[second ? 0 : 1][p] = V(-1);
      keys[second ? 1 : 0][p] = sorted[p].first, values[second ? 1 : 0][p] = sorted[p].second;
    }
    return second;
  }
};

}  // namespace rankfill
