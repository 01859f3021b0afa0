// SPDX-License-Identifier: Apache-2.0
#include "data/entry_columns.hpp"

#include <algorithm>

#include "data/pages.hpp"

namespace rankfill::data {

std::vector<EntryRange> EntryColumns::open(std::span<const std::int64_t> num_lines, const LineReader& reader) {
  std::vector<EntryRange> chunks;
  std::size_t end = filled_;
  for (const std::int64_t lines : num_lines) {
    chunks.push_back({end, 0});
    end += static_cast<std::size_t>(lines * wanted_.per_line);
  }
  // The rest of the file is probably like this.  A compressed one may lie: it does not get more than this many times.
  constexpr double kMostAhead = 8;
  const double ahead = static_cast<double>(reader.bytes_total()) / static_cast<double>(reader.bytes_done());
  const auto expected = static_cast<std::size_t>(static_cast<double>(end) * std::min(1.02 * ahead, kMostAhead));
  for_each_column([&](auto& column) { extend(column, end, expected, threads_); });
  return chunks;
}

void EntryColumns::close(std::span<EntryRange> chunks) {
  for (EntryRange& chunk : chunks) {
    if (chunk.first != filled_) {
      for_each_column([&](auto& column) {
        const auto from = column.begin() + static_cast<std::ptrdiff_t>(chunk.first);
        std::copy(from, from + static_cast<std::ptrdiff_t>(chunk.count),
                  column.begin() + static_cast<std::ptrdiff_t>(filled_));
      });
    }
    chunk.first = filled_;
    filled_ += chunk.count;
  }
  for_each_column([&](auto& column) { column.resize(filled_); });
}

}  // namespace rankfill::data
