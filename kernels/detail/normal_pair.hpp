// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "kernels/detail/philox.hpp"

namespace rankfill {

/// Two independent standard normal numbers named by (seed, side, row, pair): Box-Muller on two words of 32 bits.  Host and
/// device agree to the rounding of their log, cos and sin.  A template so that constexpr promises nothing.
template <class Real>
constexpr std::array<Real, 2> normal_pair(std::uint64_t seed, std::uint32_t side, std::uint32_t row,
                                          std::uint32_t pair) {
  const auto bits =
      philox({row, pair, side, 0}, {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  const Real radius = std::sqrt(-2 * std::log((bits[0] + Real(0.5)) * Real(0x1p-32)));
  const Real angle = 2 * std::numbers::pi_v<Real> * (bits[1] + Real(0.5)) * Real(0x1p-32);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace rankfill
