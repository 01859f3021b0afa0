// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {

namespace {

/// The splitmix64 finaliser: every bit of the result depends on every bit of x.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

void require_fraction(double fraction) {
  if (!(fraction > 0 && fraction < 1))
    throw InvalidOption("holdout fraction", std::to_string(fraction), "must lie strictly between 0 and 1");
}

Entries same_shape(const Entries& entries) {
  Entries part;
  part.num_rows = entries.num_rows;
  part.num_cols = entries.num_cols;
  part.row_ids = entries.row_ids;
  part.col_ids = entries.col_ids;
  part.source = entries.source;
  return part;
}

/// Moves what is held from `all` to the end of `part`; what is left closes up.
template <class X>
void take_held(std::vector<X>& all, std::vector<X>& part, const std::vector<char>& held, std::int64_t count) {
  if (all.empty()) return;
  part.reserve(static_cast<std::size_t>(count));
  std::size_t to = 0;
  for (std::size_t p = 0; p < held.size(); ++p) {
    if (held[p])
      part.push_back(all[p]);
    else
      all[to++] = all[p];
  }
  all.resize(to);
}

Split split_where(Entries&& entries, const std::vector<char>& held) {
  const std::int64_t count = std::count(held.begin(), held.end(), 1);
  if (count == 0 || count == entries.size())
    throw InvalidData(entries.source, 0,
                      "of " + std::to_string(entries.size()) + " entries " + std::to_string(count) +
                          " would be held out: both parts need at least one");
  Split split{std::move(entries), {}};
  split.holdout = same_shape(split.train);
  take_held(split.train.rows, split.holdout.rows, held, count);
  take_held(split.train.cols, split.holdout.cols, held, count);
  take_held(split.train.values, split.holdout.values, held, count);
  take_held(split.train.times, split.holdout.times, held, count);
  return split;
}

/// Evenly spread over 53 bits, by (seed, row, column).
std::uint64_t draw(const Entries& entries, std::size_t p, std::uint64_t seed) {
  const std::uint64_t key = (static_cast<std::uint64_t>(static_cast<std::uint32_t>(entries.rows[p])) << 32) |
                            static_cast<std::uint32_t>(entries.cols[p]);
  return mix(key ^ mix(seed)) >> 11;
}

}  // namespace

Split split_by_fraction(Entries entries, double fraction, std::uint64_t seed) {
  require_fraction(fraction);
  const auto limit = static_cast<std::uint64_t>(std::ldexp(fraction, 53));
  std::vector<char> held(entries.values.size());
  for (std::size_t p = 0; p < held.size(); ++p) held[p] = draw(entries, p, seed) < limit;
  return split_where(std::move(entries), held);
}

Split split_by_fold(Entries entries, int fold, int folds, std::uint64_t seed) {
  if (folds < 2) throw InvalidOption("folds", std::to_string(folds), "must be >= 2");
  if (fold < 0 || fold >= folds)
    throw InvalidOption("fold", std::to_string(fold), "must be 0.." + std::to_string(folds - 1));
  std::vector<char> held(entries.values.size());
  for (std::size_t p = 0; p < held.size(); ++p)
    held[p] = draw(entries, p, seed) % static_cast<std::uint64_t>(folds) == static_cast<std::uint64_t>(fold);
  return split_where(std::move(entries), held);
}

Split split_by_time(Entries entries, double fraction) {
  require_fraction(fraction);
  if (entries.times.empty() || entries.times.size() != entries.values.size())
    throw InvalidData(entries.source, 0, "has no time column, which a split by time needs");
  std::vector<std::size_t> order(entries.values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return entries.times[a] < entries.times[b]; });
  const auto count = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(order.size())));
  std::vector<char> held(order.size());
  for (std::size_t k = order.size() - count; k < order.size(); ++k) held[order[k]] = 1;
  return split_where(std::move(entries), held);
}

}  // namespace rankfill
