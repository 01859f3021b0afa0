// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "backend/cpu.hpp"
#include "rankfill/entries.hpp"
#include "rankfill/options.hpp"

namespace rankfill {

/// What is taken off the values before fitting.  docs/math.md Eq. 11
///     mu = mean of all,   c_j = sum_i (m_ij - mu - b_i) / (n_j + d),   b_i = sum_j (m_ij - mu - c_j) / (n_i + d)
/// from b = 0, columns then rows, three rounds: the two are then within about 1 % of the fixed point, which is the ridge
/// estimate of both.  An index of -1, or a row with no entries, has bias 0.
struct Centering {
  double mean = 0;
  std::vector<double> row_bias;  ///< empty: none
  std::vector<double> col_bias;

  double at(std::int32_t row, std::int32_t col) const {
    double offset = mean;
    if (!row_bias.empty() && row >= 0) offset += row_bias[static_cast<std::size_t>(row)];
    if (!col_bias.empty() && col >= 0) offset += col_bias[static_cast<std::size_t>(col)];
    return offset;
  }
};

/// Of Eq. 11.
inline constexpr int kBiasRounds = 3;

/// The bits do not depend on the number of threads.
Centering center(const Entries& train, Center kind, double damping, const CpuBackend& backend = CpuBackend());

}  // namespace rankfill
