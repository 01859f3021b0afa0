// SPDX-License-Identifier: Apache-2.0
#include "problem/row_plan.hpp"

#include <algorithm>

namespace rankfill {

namespace {
std::int64_t length_of(const std::vector<std::int64_t>& row_ptr, std::int32_t row) {
  return row_ptr[static_cast<std::size_t>(row) + 1] - row_ptr[static_cast<std::size_t>(row)];
}
}  // namespace

HostRowPlan plan_rows(const std::vector<std::int64_t>& row_ptr, std::int64_t chunk_length, std::int64_t short_length) {
  HostRowPlan plan;
  std::vector<std::int32_t> long_rows;
  for (std::size_t i = 0; i + 1 < row_ptr.size(); ++i) {
    const auto row = static_cast<std::int32_t>(i);
    const std::int64_t length = row_ptr[i + 1] - row_ptr[i];
    (length == 0 ? plan.empty_rows : length <= short_length ? plan.short_rows : long_rows).push_back(row);
  }
  const auto longer = [&](std::int32_t a, std::int32_t b) { return length_of(row_ptr, a) > length_of(row_ptr, b); };
  std::stable_sort(long_rows.begin(), long_rows.end(), longer);
  std::stable_sort(plan.short_rows.begin(), plan.short_rows.end(), longer);

  for (const std::int32_t row : long_rows) {
    const std::int64_t first = row_ptr[static_cast<std::size_t>(row)], length = length_of(row_ptr, row);
    const std::int64_t pieces = (length + chunk_length - 1) / chunk_length;
    if (pieces > 1) plan.split_rows.push_back({row, plan.num_slots, static_cast<std::int32_t>(pieces)});
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
      const std::int64_t begin = length * piece / pieces, end = length * (piece + 1) / pieces;
      plan.chunks.push_back({.first = first + begin,
                             .length = static_cast<std::int32_t>(end - begin),
                             .row = row,
                             .slot = pieces > 1 ? plan.num_slots++ : -1});
    }
  }
  std::stable_sort(plan.chunks.begin(), plan.chunks.end(),
                   [](const Chunk& a, const Chunk& b) { return a.length > b.length; });
  return plan;
}

PlanLengths gradient_plan_lengths() { return {.chunk = 1024, .short_row = 32}; }

PlanLengths solve_plan_lengths(int rank, std::int64_t num_entries) {
  constexpr std::int64_t shortest = 2048, longest = 1 << 20;
  constexpr std::int64_t workers = 132 * 16;  // the blocks that a large device holds, several times over
  return {.chunk = std::clamp(num_entries / workers, shortest, longest), .short_row = (rank - 1) / 2};
}

}  // namespace rankfill
