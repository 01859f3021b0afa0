// SPDX-License-Identifier: Apache-2.0
#include "problem/center.hpp"

namespace rankfill {

namespace {

/// bias_g = sum over the entries of group g of (value - offset so far) / (count_g + damping)
std::vector<double> damped_biases(const Entries& train, const Centering& so_far, const std::vector<std::int32_t>& group,
                                  std::int64_t num_groups, double damping) {
  std::vector<double> sum(static_cast<std::size_t>(num_groups), 0.0), count(sum);
  for (std::size_t p = 0; p < train.values.size(); ++p) {
    const auto g = static_cast<std::size_t>(group[p]);
    sum[g] += train.values[p] - so_far.at(train.rows[p], train.cols[p]);
    count[g] += 1;
  }
  for (std::size_t g = 0; g < sum.size(); ++g) sum[g] = count[g] > 0 ? sum[g] / (count[g] + damping) : 0.0;
  return sum;
}

}  // namespace

Centering center(const Entries& train, Center kind, double damping) {
  Centering c;
  if (kind == Center::none || train.values.empty()) return c;
  double sum = 0;
  for (const double value : train.values) sum += value;
  c.mean = sum / static_cast<double>(train.values.size());
  if (kind == Center::bias) {
    for (int round = 0; round < kBiasRounds; ++round) {
      c.col_bias.clear();  // so that Centering::at leaves the bias being estimated out
      c.col_bias = damped_biases(train, c, train.cols, train.num_cols, damping);
      c.row_bias.clear();
      c.row_bias = damped_biases(train, c, train.rows, train.num_rows, damping);
    }
  }
  return c;
}

}  // namespace rankfill
