// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/parallel.hpp"

namespace rankfill {

/// A stable counting sort of `count` items by keys in [0, starts.size() - 1), on all threads of the backend.
///
/// each(first, last, take) calls take(key, item) for the items first .. last - 1 in their order, leaving out those that are to
/// be left out; it is called twice for every range.  `starts[k]` becomes the first place of key k, and its last element the
/// number of items; then put(item, place) is called for each.  What goes where is a property of the items: ranges are as
/// many as threads, as far as their counts stay below a byte per item.
/// Traffic: the keys twice, the items once, and a write to a random place per item.
template <class Each, class Put>
void counting_sort(const CpuBackend& backend, std::int64_t count, std::span<std::int64_t> starts, const Each& each,
                   const Put& put) {
  const auto num_keys = starts.size() - 1;
  const std::int64_t affordable = count / 8 / std::max<std::int64_t>(1, static_cast<std::int64_t>(num_keys));
  const std::int64_t ranges = std::clamp<std::int64_t>(affordable, 1, backend.threads());
  std::vector<std::vector<std::int64_t>> next(static_cast<std::size_t>(ranges));
  const auto for_ranges = [&](const auto& body) {
    for_tasks(backend, ranges, [&](std::int64_t r) {
      body(count * r / ranges, count * (r + 1) / ranges, next[static_cast<std::size_t>(r)]);
    });
  };

  for_ranges([&](std::int64_t first, std::int64_t last, std::vector<std::int64_t>& counts) {
    counts.assign(num_keys, 0);
    each(first, last, [&](std::int32_t key, auto) { ++counts[static_cast<std::size_t>(key)]; });
  });
  std::int64_t place = 0;
  for (std::size_t key = 0; key < num_keys; ++key) {
    starts[key] = place;
    for (auto& of_range : next) {
      const std::int64_t here = of_range[key];
      of_range[key] = place;
      place += here;
    }
  }
  starts[num_keys] = place;
  for_ranges([&](std::int64_t first, std::int64_t last, std::vector<std::int64_t>& places) {
    each(first, last, [&](std::int32_t key, auto item) { put(item, places[static_cast<std::size_t>(key)]++); });
  });
}

}  // namespace rankfill
