// SPDX-License-Identifier: Apache-2.0
#include "problem/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <queue>
#include <tuple>
#include <utility>

#include "kernels/detail/philox.hpp"

namespace rankfill {

namespace {

/// Random words of a pair of names; `stream` keeps rows, columns, entries and rounds apart.
std::uint64_t drawn(std::uint64_t seed, std::uint32_t stream, std::uint32_t a, std::uint32_t b) {
  const auto words =
      philox({a, b, stream, 0x5C4Eu}, {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  return std::uint64_t{words[0]} << 32 | words[1];
}

std::uint32_t name_of(const std::vector<std::int32_t>& names, std::size_t place) {
  return static_cast<std::uint32_t>(names.empty() ? static_cast<std::int32_t>(place) : names[place]);
}

/// The group of every place: the fullest first, each to the group with the fewest entries so far; ties by chance, then by name.
std::vector<std::int32_t> group(const std::vector<std::int64_t>& counts, const std::vector<std::int32_t>& names,
                                int num_groups, std::uint64_t seed, std::uint32_t stream) {
  std::vector<std::tuple<std::int64_t, std::uint64_t, std::uint32_t, std::size_t>>
      order;  // -count, chance, name, place
  for (std::size_t place = 0; place < counts.size(); ++place)
    if (counts[place] > 0) {
      const std::uint32_t name = name_of(names, place);
      order.emplace_back(-counts[place], drawn(seed, stream, name, 0), name, place);
    }
  std::sort(order.begin(), order.end());
  using Filled = std::pair<std::int64_t, std::int32_t>;  // entries so far, group
  std::priority_queue<Filled, std::vector<Filled>, std::greater<>> groups;
  for (std::int32_t g = 0; g < num_groups; ++g) groups.emplace(0, g);
  std::vector<std::int32_t> group_of(counts.size(), 0);
  for (const auto& [minus_count, chance, name, place] : order) {
    const auto [filled, g] = groups.top();
    groups.pop();
    group_of[place] = g;
    groups.emplace(filled - minus_count, g);
  }
  return group_of;
}

}  // namespace

int choose_num_blocks(std::int64_t num_entries, std::int64_t non_empty_rows, std::int64_t non_empty_cols) {
  constexpr double per_block = 256;
  constexpr std::int64_t most = 1024;
  const auto blocks = static_cast<std::int64_t>(std::sqrt(static_cast<double>(num_entries) / per_block));
  return static_cast<int>(std::max<std::int64_t>(1, std::min({blocks, non_empty_rows, non_empty_cols, most})));
}

Schedule make_schedule(const NamedEntries& m, int num_blocks, std::uint64_t seed) {
  const std::size_t num_rows = m.row_ptr.size() - 1;
  std::vector<std::int64_t> row_counts(num_rows), col_counts(static_cast<std::size_t>(m.num_cols), 0);
  for (std::size_t i = 0; i < num_rows; ++i) row_counts[i] = m.row_ptr[i + 1] - m.row_ptr[i];
  for (const std::int32_t j : m.cols) ++col_counts[static_cast<std::size_t>(j)];
  const auto row_groups = group(row_counts, m.row_names, num_blocks, seed, 0);
  const auto col_groups = group(col_counts, m.col_names, num_blocks, seed, 1);

  // Row group a meets column group b in stratum b - a, as its block a.
  const auto block_of = [&](std::size_t i, std::int32_t j) {
    const std::int64_t a = row_groups[i], b = col_groups[static_cast<std::size_t>(j)];
    return static_cast<std::size_t>((b - a + num_blocks) % num_blocks * num_blocks + a);
  };
  const auto blocks = static_cast<std::size_t>(num_blocks) * static_cast<std::size_t>(num_blocks);
  Schedule schedule{num_blocks, std::vector<std::int64_t>(blocks + 1, 0), std::vector<std::int64_t>(m.cols.size())};
  for (std::size_t i = 0; i < num_rows; ++i)
    for (std::int64_t p = m.row_ptr[i]; p < m.row_ptr[i + 1]; ++p)
      ++schedule.block_ptr[block_of(i, m.cols[static_cast<std::size_t>(p)]) + 1];
  std::partial_sum(schedule.block_ptr.begin(), schedule.block_ptr.end(), schedule.block_ptr.begin());

  struct Drawn {
    std::uint64_t chance;
    std::uint32_t row, col;
    std::int64_t entry;
    bool operator<(const Drawn& other) const {
      return std::tie(chance, row, col) < std::tie(other.chance, other.row, other.col);
    }
  };
  std::vector<Drawn> all(m.cols.size());
  std::vector<std::int64_t> next(schedule.block_ptr.begin(), schedule.block_ptr.end() - 1);
  for (std::size_t i = 0; i < num_rows; ++i)
    for (std::int64_t p = m.row_ptr[i]; p < m.row_ptr[i + 1]; ++p) {
      const std::int32_t j = m.cols[static_cast<std::size_t>(p)];
      const std::uint32_t row = name_of(m.row_names, i), col = name_of(m.col_names, static_cast<std::size_t>(j));
      all[static_cast<std::size_t>(next[block_of(i, j)]++)] = {drawn(seed, 2, row, col), row, col, p};
    }
  for (std::size_t block = 0; block < blocks; ++block)
    std::sort(all.begin() + schedule.block_ptr[block], all.begin() + schedule.block_ptr[block + 1]);
  std::transform(all.begin(), all.end(), schedule.entries.begin(), [](const Drawn& d) { return d.entry; });
  return schedule;
}

std::vector<int> shuffled(int count, std::uint64_t seed, std::uint32_t round) {
  std::vector<int> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::uint64_t left = order.size(); left > 1; --left)  // the bias of % is count / 2^64
    std::swap(order[left - 1], order[drawn(seed, 3, round, static_cast<std::uint32_t>(left)) % left]);
  return order;
}

}  // namespace rankfill
