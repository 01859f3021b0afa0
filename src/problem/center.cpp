// SPDX-License-Identifier: Apache-2.0
#include "problem/center.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "backend/parallel.hpp"

namespace rankfill {

namespace {

/// Entries in ranges whose sums are added in order: as many as the data ask for and not the threads, so the bits are a property of
/// the data.  Each has sums of its own, which stay below a byte an entry.
struct Ranges {
  Ranges(std::int64_t count, std::int64_t num_sums)
      : count(count), ranges(std::clamp<std::int64_t>(std::min(count >> 20, count / 8 / (num_sums + 1)), 1, 16)) {}

  /// sums[g] = the total of what add(first, last, sums of the range) adds, range after range.
  template <class Add>
  std::vector<double> sums(const CpuBackend& backend, std::int64_t num_sums, const Add& add) const {
    std::vector<std::vector<double>> parts(static_cast<std::size_t>(ranges));
    for_tasks(backend, ranges, [&](std::int64_t r) {
      auto& part = parts[static_cast<std::size_t>(r)];
      part.assign(static_cast<std::size_t>(num_sums), 0.0);
      add(static_cast<std::size_t>(count * r / ranges), static_cast<std::size_t>(count * (r + 1) / ranges),
          part.data());
    });
    for (std::size_t r = 1; r < parts.size(); ++r)
      for (std::size_t g = 0; g < parts[0].size(); ++g) parts[0][g] += parts[r][g];
    return std::move(parts[0]);
  }

  std::int64_t count, ranges;
};

/// bias_g = sum over the entries of group g of (value - offset so far) / (count_g + damping)
std::vector<double> damped_biases(const CpuBackend& backend, const Entries& train, const Centering& so_far,
                                  const std::vector<std::int32_t>& group, const std::vector<double>& counts,
                                  double damping) {
  const auto num_groups = std::ssize(counts);
  const Ranges ranges(train.size(), num_groups);
  auto sum = ranges.sums(backend, num_groups, [&](std::size_t first, std::size_t last, double* sums) {
    for (std::size_t p = first; p < last; ++p)
      sums[group[p]] += train.values[p] - so_far.at(train.rows[p], train.cols[p]);
  });
  for (std::size_t g = 0; g < sum.size(); ++g) sum[g] = counts[g] > 0 ? sum[g] / (counts[g] + damping) : 0.0;
  return sum;
}

std::vector<double> count_groups(const CpuBackend& backend, const std::vector<std::int32_t>& group,
                                 std::int64_t num_groups) {
  const Ranges ranges(std::ssize(group), num_groups);
  return ranges.sums(backend, num_groups, [&](std::size_t first, std::size_t last, double* counts) {
    for (std::size_t p = first; p < last; ++p) counts[group[p]] += 1;
  });
}

}  // namespace

Centering center(const Entries& train, Center kind, double damping, const CpuBackend& backend) {
  Centering c;
  if (kind == Center::none || train.values.empty()) return c;
  const Ranges ranges(train.size(), 1);
  const auto sum = ranges.sums(backend, 1, [&](std::size_t first, std::size_t last, double* total) {
    *total = std::accumulate(train.values.data() + first, train.values.data() + last, 0.0);
  });
  c.mean = sum[0] / static_cast<double>(train.values.size());
  if (kind == Center::bias) {
    const auto row_counts = count_groups(backend, train.rows, train.num_rows),
               col_counts = count_groups(backend, train.cols, train.num_cols);
    for (int round = 0; round < kBiasRounds; ++round) {
      c.col_bias.clear();  // so that Centering::at leaves the bias being estimated out
      c.col_bias = damped_biases(backend, train, c, train.cols, col_counts, damping);
      c.row_bias.clear();
      c.row_bias = damped_biases(backend, train, c, train.rows, row_counts, damping);
    }
  }
  return c;
}

}  // namespace rankfill
