// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

#include "data/pages.hpp"
#include "data/parallel.hpp"
#include "data/readers.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

/// One value per key, in the order of first mention: keeps entry `first`, writes `value` there.
void keep_only(Entries& entries, const std::vector<char>& kept) {
  std::size_t to = 0;
  for (std::size_t from = 0; from < kept.size(); ++from) {
    if (!kept[from]) continue;
    entries.rows[to] = entries.rows[from];
    entries.cols[to] = entries.cols[from];
    entries.values[to] = entries.values[from];
    if (!entries.times.empty()) entries.times[to] = entries.times[from];
    ++to;
  }
  entries.rows.resize(to);
  entries.cols.resize(to);
  entries.values.resize(to);
  if (!entries.times.empty()) entries.times.resize(to);
}

/// Entries of known rows, row by row, in file order within a row: a counting sort.
struct ByRow {
  explicit ByRow(const Entries& entries) : start(static_cast<std::size_t>(entries.num_rows) + 1, 0) {
    for (const std::int32_t row : entries.rows)
      if (row >= 0) ++start[static_cast<std::size_t>(row) + 1];
    std::partial_sum(start.begin(), start.end(), start.begin());
    entry.resize(static_cast<std::size_t>(start.back()));
    std::vector<std::int64_t> next(start.begin(), start.end() - 1);
    for (std::size_t p = 0; p < entries.rows.size(); ++p)
      if (entries.rows[p] >= 0)
        entry[static_cast<std::size_t>(next[static_cast<std::size_t>(entries.rows[p])]++)] =
            static_cast<std::int64_t>(p);
  }
  std::vector<std::int64_t> start, entry;
};

/// Does each pair come after the one before it, by row, then by column?  Files often are like that.
bool is_ascending(const Entries& entries, int threads) {
  constexpr std::int64_t kAtOnce = std::int64_t{1} << 14;
  const std::int64_t steps = entries.size() - 1;
  const std::int32_t *rows = entries.rows.data(), *cols = entries.cols.data();
  std::atomic<bool> ascending{true};
  parallel_for(steps / kAtOnce + 1, threads, [&](std::int64_t k) {
    if (!ascending.load(std::memory_order_relaxed)) return;
    bool all = true;
    for (std::int64_t p = k * kAtOnce, end = std::min(steps, p + kAtOnce); p < end; ++p)
      all &= (rows[p] < rows[p + 1]) | ((rows[p] == rows[p + 1]) & (cols[p] < cols[p + 1]));
    if (!all) ascending = false;
  });
  return ascending;
}

/// Is any pair given twice?  Nearly always not, so this comes first: a counting sort by the side that has fewer, which keeps
/// the indices of the other only.  Each thread takes a range of the keys.
bool has_repeats(const Entries& entries, int threads) {
  if (is_ascending(entries, threads)) return false;
  const bool by_row = entries.num_rows <= entries.num_cols;
  const std::vector<std::int32_t>&keys = by_row ? entries.rows : entries.cols,
        &others = by_row ? entries.cols : entries.rows;
  const std::int64_t num_keys = std::min(entries.num_rows, entries.num_cols),
                     num_others = std::max(entries.num_rows, entries.num_cols);
  constexpr std::int64_t kMostRanges = 16;  // each reads all keys
  const std::int64_t ranges = std::clamp<std::int64_t>(threads, 1, kMostRanges);
  std::atomic<bool> found{false};
  parallel_for(ranges, threads, [&](std::int64_t k) {
    const std::int64_t first = num_keys * k / ranges, last = num_keys * (k + 1) / ranges;
    const auto count = static_cast<std::size_t>(last - first);
    const auto place_of = [&](std::int32_t key) { return static_cast<std::size_t>(key - first); };  // large: not ours
    std::vector<std::int64_t> next(count + 1);
    for (const std::int32_t key : keys)
      if (place_of(key) < count) ++next[place_of(key) + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    auto sorted = zeros<std::int32_t>(static_cast<std::size_t>(next.back()), 1);  // in large pages: no order in them
    for (std::size_t p = 0; p < keys.size(); ++p) {
      const std::size_t place = place_of(keys[p]);
      if (place < count) sorted[static_cast<std::size_t>(next[place]++)] = others[p];
    }
    // next[i] is now the end of key i.
    std::vector<std::int32_t> seen_in(static_cast<std::size_t>(num_others), -1);
    std::size_t at = 0;
    for (std::size_t place = 0; place < count; ++place) {
      for (; at < static_cast<std::size_t>(next[place]); ++at) {
        if (sorted[at] < 0) continue;
        std::int32_t& before = seen_in[static_cast<std::size_t>(sorted[at])];
        if (before == static_cast<std::int32_t>(place)) {
          found = true;
          return;
        }
        before = static_cast<std::int32_t>(place);
      }
    }
  });
  return found;
}

std::string name_of(const Ids& ids, std::int32_t index) {
  return ids.size() > index ? ids.name(index) : std::to_string(index);
}

}  // namespace

std::optional<RepeatedPair> merge_duplicates(Entries& entries, Duplicates rule, int threads) {
  if (!has_repeats(entries, threads)) return std::nullopt;
  const ByRow sorted(entries);
  std::vector<std::int64_t> seen(static_cast<std::size_t>(entries.num_cols), -1);  // entry of this row with that column
  std::vector<char> kept;
  std::vector<double> count;
  std::optional<RepeatedPair> earliest;
  for (std::size_t row = 0; row + 1 < sorted.start.size(); ++row) {
    const auto first = static_cast<std::size_t>(sorted.start[row]),
               last = static_cast<std::size_t>(sorted.start[row + 1]);
    for (std::size_t s = first; s < last; ++s) {
      const std::int64_t p = sorted.entry[s];
      const std::int32_t col = entries.cols[static_cast<std::size_t>(p)];
      if (col < 0) continue;
      std::int64_t& before = seen[static_cast<std::size_t>(col)];
      if (before < 0) {
        before = p;
        continue;
      }
      if (rule == Duplicates::error) {
        if (!earliest || p < earliest->again) earliest = RepeatedPair{before, p};
        continue;
      }
      if (kept.empty()) {
        kept.assign(entries.values.size(), 1);
        count.assign(rule == Duplicates::mean ? entries.values.size() : 0, 1.0);
      }
      const auto at = static_cast<std::size_t>(before), again = static_cast<std::size_t>(p);
      kept[again] = 0;
      if (rule == Duplicates::last) {
        entries.values[at] = entries.values[again];
        if (!entries.times.empty()) entries.times[at] = entries.times[again];
      } else {
        count[at] += 1;
        entries.values[at] += (entries.values[again] - entries.values[at]) / count[at];
        if (!entries.times.empty()) entries.times[at] = std::max(entries.times[at], entries.times[again]);
      }
    }
    for (std::size_t s = first; s < last; ++s) {
      const std::int32_t col = entries.cols[static_cast<std::size_t>(sorted.entry[s])];
      if (col >= 0) seen[static_cast<std::size_t>(col)] = -1;
    }
  }
  if (!kept.empty()) keep_only(entries, kept);
  return earliest;
}

std::optional<RepeatedPair> find_repeated_pair(const Entries& entries) {
  const int threads = thread_count(0);
  if (!has_repeats(entries, threads)) return std::nullopt;
  Entries copy = entries;
  return merge_duplicates(copy, Duplicates::error, threads);
}

std::string describe_repeated_pair(const Entries& entries, const RepeatedPair& pair, std::int64_t first_line) {
  const auto again = static_cast<std::size_t>(pair.again);
  return "row " + name_of(entries.row_ids, entries.rows[again]) + ", column " +
         name_of(entries.col_ids, entries.cols[again]) + " is given more than once" +
         (first_line > 0 ? ", first at line " + std::to_string(first_line) : "") +
         " (duplicates = last or mean would keep one)";
}

void require_resolved(Entries& entries, const ReadOptions& options) {
  if (const auto pair = merge_duplicates(entries, options.duplicates, thread_count(options.threads)))
    throw InvalidData(entries.source, 0, describe_repeated_pair(entries, *pair));
}

}  // namespace rankfill::data

namespace rankfill {

void resolve_duplicates(Entries& entries, Duplicates rule) {
  ReadOptions options;
  options.duplicates = rule;
  data::require_resolved(entries, options);
}

}  // namespace rankfill
