// SPDX-License-Identifier: Apache-2.0
#include "problem/start.hpp"

#include <cmath>

#include "kernels/detail/normal_pair.hpp"

namespace rankfill {

std::vector<double> random_start(std::uint64_t seed, std::uint32_t side, const std::vector<std::int64_t>& row_ptr,
                                 int rank, double value_rms) {
  const auto num_rows = row_ptr.size() - 1;
  const auto k = static_cast<std::size_t>(rank);
  const double deviation = std::sqrt(value_rms / std::sqrt(static_cast<double>(rank)));
  std::vector<double> factor(num_rows * k, 0.0);
  for (std::size_t row = 0; row < num_rows; ++row) {
    if (row_ptr[row] == row_ptr[row + 1]) continue;
    for (std::size_t c = 0; c < k; c += 2) {
      const auto pair =
          normal_pair<double>(seed, side, static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(c / 2));
      factor[row * k + c] = deviation * pair[0];
      if (c + 1 < k) factor[row * k + c + 1] = deviation * pair[1];
    }
  }
  return factor;
}

}  // namespace rankfill
