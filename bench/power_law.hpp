// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/detail/philox.hpp"
#include "rankfill/entries.hpp"

namespace rankfill::bench {

/// The matrix of the CPU benchmarks, with power-law columns: 20,000 x 2,000, about 1 M entries, row by row.
inline Entries power_law_entries() {
  Entries e;
  e.num_rows = 20000;
  e.num_cols = 2000;
  std::vector<std::int32_t> cols;
  for (std::int32_t row = 0; row < e.num_rows; ++row) {
    cols.clear();
    for (std::uint32_t draw = 0; draw < 64; ++draw) {
      const auto bits = philox({static_cast<std::uint32_t>(row), draw, 0, 0}, {1, 0});
      const double uniform = (bits[0] + 0.5) * 0x1p-32;
      cols.push_back(static_cast<std::int32_t>(static_cast<double>(e.num_cols) * uniform * uniform * uniform));
    }
    std::sort(cols.begin(), cols.end());
    cols.erase(std::unique(cols.begin(), cols.end()), cols.end());
    for (const std::int32_t col : cols) {
      e.rows.push_back(row);
      e.cols.push_back(col);
      e.values.push_back(std::sin(0.01 * row) * std::cos(0.02 * col));
    }
  }
  return e;
}

}  // namespace rankfill::bench
