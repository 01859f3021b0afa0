// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/cpu.hpp"

namespace rankfill {

/// Rows per block of work.  Fixed, so that the order of every sum is a property of the data and not of the threads.
inline constexpr std::int64_t kRowsPerBlock = 64;

/// Calls body(task) for tasks 0 .. count - 1, on all threads of the backend.
template <class Body>
void for_tasks(const CpuBackend& backend, std::int64_t count, const Body& body) {
#pragma omp parallel for schedule(dynamic) num_threads(backend.threads()) if (count > 1)
  for (std::int64_t task = 0; task < count; ++task) body(task);
}

/// Calls body(first, last) for consecutive ranges of [0, count), on all threads of the backend.
template <class Body>
void for_blocks(const CpuBackend& backend, std::int64_t count, const Body& body) {
  for_tasks(backend, (count + kRowsPerBlock - 1) / kRowsPerBlock, [&](std::int64_t block) {
    const std::int64_t first = block * kRowsPerBlock;
    body(first, std::min(count, first + kRowsPerBlock));
  });
}

/// Sum over [0, count) of `terms` numbers: body(first, last) returns a std::array of partial sums; blocks are added in order.
template <std::size_t terms, class Body>
std::array<double, terms> ordered_sum(const CpuBackend& backend, std::int64_t count, const Body& body) {
  std::vector<std::array<double, terms>> partial(static_cast<std::size_t>((count + kRowsPerBlock - 1) / kRowsPerBlock));
  for_blocks(backend, count, [&](std::int64_t first, std::int64_t last) {
    partial[static_cast<std::size_t>(first / kRowsPerBlock)] = body(first, last);
  });
  std::array<double, terms> sum{};
  for (const auto& block : partial)
    for (std::size_t t = 0; t < terms; ++t) sum[t] += block[t];
  return sum;
}

}  // namespace rankfill
