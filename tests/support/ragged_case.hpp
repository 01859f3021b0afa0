// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {

/// Rows of these lengths, among `more` columns more than the longest needs; a column stays empty.
inline Case ragged(int rank, std::int64_t more = 7) {
  const std::vector<std::int64_t> lengths = {64, 0, 5, 17, 230, 1, 16, 33, 65, 12};
  const auto m = static_cast<std::int64_t>(lengths.size());
  const std::int64_t n = *std::max_element(lengths.begin(), lengths.end()) + more;
  Case c{"ragged", {m, n, {}, {}}, rank, numbers(1, m, rank), numbers(2, n, rank), {}, {}};
  c.du = c.u, c.dv = c.v;
  c.dense.value.assign(static_cast<std::size_t>(m * n), 0);
  c.dense.mask = c.dense.value;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t t = 0; t < lengths[static_cast<std::size_t>(i)]; ++t) {
      const std::int64_t j = 1 + (n / 3 * i + t) % (n - 1);
      c.dense.mask[static_cast<std::size_t>(i * n + j)] = 1;
      c.dense.at(i, j) =
          static_cast<float>(2 * number(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), 2));
    }
  return c;
}

/// The case in other units: factors times `scale`.
inline Case in_units(Case c, double scale) {
  const auto times = [](std::vector<double>& x, double factor) {
    for (double& number : x) number = static_cast<float>(factor * number);
  };
  times(c.u, scale);
  times(c.v, scale);
  times(c.dense.value, scale * scale);
  return c;
}

/// v as a float16 copy of it holds it: 11 bits, after scaling by the power of two that brings the largest below 2^15.
inline std::vector<double> rounded_to_half(const std::vector<double>& v) {
  double largest = 0;
  for (const double x : v) largest = std::max(largest, std::abs(x));
  const int scale = largest > 0 ? 14 - std::ilogb(largest) : 0;
  std::vector<double> rounded;
  for (const double x : v) {
    const int ulp = x == 0 ? 0 : std::max(std::ilogb(x) + scale, -14) - 10 - scale;
    rounded.push_back(std::ldexp(std::nearbyint(std::ldexp(x, -ulp)), ulp));
  }
  return rounded;
}

}  // namespace rankfill::testing
