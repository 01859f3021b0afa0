// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/detail/philox.hpp"

namespace rankfill {

/// Seeded start of one factor: independent normal numbers of standard deviation (rms^2 / rank)^(1/4), so that <u_i, v_j> has
/// the variance of the centred data.  docs/math.md Eq. 19.  `side` 0: rows, 1: columns.  Rows of count 0 are zero.
std::vector<double> random_start(std::uint64_t seed, std::uint32_t side, const std::vector<std::int64_t>& row_ptr,
                                 int rank, double value_rms);

}  // namespace rankfill
