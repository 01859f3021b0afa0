// SPDX-License-Identifier: Apache-2.0
#include "problem/row_plan.hpp"

#include <algorithm>

namespace rankfill {

namespace {
std::int64_t length_of(const std::vector<std::int64_t>& row_ptr, std::int32_t row) {
  return row_ptr[static_cast<std::size_t>(row) + 1] - row_ptr[static_cast<std::size_t>(row)];
}
/// Longest first, ties as they stand.  Where rows are numbered by descending count they already stand so.
void sort_rows(const std::vector<std::int64_t>& row_ptr, std::vector<std::int32_t>& rows) {
  const auto longer = [&](std::int32_t a, std::int32_t b) { return length_of(row_ptr, a) > length_of(row_ptr, b); };
  if (!std::is_sorted(rows.begin(), rows.end(), longer)) std::stable_sort(rows.begin(), rows.end(), longer);
}

/// The same for chunks, of which there may be tens of millions: a counting sort.
std::vector<Chunk> sorted(const std::vector<Chunk>& chunks) {
  std::size_t longest = 0;
  for (const Chunk& chunk : chunks) longest = std::max(longest, static_cast<std::size_t>(chunk.length));
  std::vector<std::size_t> next(longest + 2, 0);  // of length l: where the chunks longer than l end
  for (const Chunk& chunk : chunks) ++next[static_cast<std::size_t>(chunk.length)];
  for (std::size_t l = longest + 1; l > 0; --l) next[l - 1] += next[l];
  for (std::size_t l = 0; l <= longest; ++l) next[l] = next[l + 1];
  std::vector<Chunk> to(chunks.size());
  for (const Chunk& chunk : chunks) to[next[static_cast<std::size_t>(chunk.length)]++] = chunk;
  return to;
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
  sort_rows(row_ptr, long_rows);
  sort_rows(row_ptr, plan.short_rows);

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
  plan.chunks = sorted(plan.chunks);
  return plan;
}

PlanLengths gradient_plan_lengths() { return {.chunk = 1024, .short_row = 32}; }

PlanLengths solve_plan_lengths(int rank, std::int64_t num_entries) {
  constexpr std::int64_t shortest = 2048, longest = 1 << 20;
  const std::int64_t workers = 132 * (rank <= 64 ? 64 : 16);  // what a large device holds, four times over
  return {.chunk = std::clamp(num_entries / workers, shortest, longest), .short_row = (rank - 1) / 2};
}

}  // namespace rankfill
