// SPDX-License-Identifier: Apache-2.0
#include "problem/start.hpp"

#include <cmath>
#include <numbers>

namespace rankfill {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> x, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * x[0], b = std::uint64_t{0xCD9E8D57} * x[2];
    x = {static_cast<std::uint32_t>(b >> 32) ^ x[1] ^ key[0], static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ x[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return x;
}

std::vector<double> random_start(std::uint64_t seed, std::uint32_t side, const std::vector<std::int64_t>& row_ptr,
                                 int rank, double value_rms) {
  const auto num_rows = row_ptr.size() - 1;
  const auto k = static_cast<std::size_t>(rank);
  const double deviation = std::sqrt(value_rms / std::sqrt(static_cast<double>(rank)));
  const std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  std::vector<double> factor(num_rows * k, 0.0);
  for (std::size_t row = 0; row < num_rows; ++row) {
    if (row_ptr[row] == row_ptr[row + 1]) continue;
    for (std::size_t c = 0; c < k; c += 2) {  // Box-Muller: two normals from two words of 32 bits
      const auto bits = philox({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(c / 2), side, 0}, key);
      const double radius = std::sqrt(-2 * std::log((bits[0] + 0.5) * 0x1p-32));
      const double angle = 2 * std::numbers::pi * (bits[1] + 0.5) * 0x1p-32;
      factor[row * k + c] = deviation * radius * std::cos(angle);
      if (c + 1 < k) factor[row * k + c + 1] = deviation * radius * std::sin(angle);
    }
  }
  return factor;
}

}  // namespace rankfill
