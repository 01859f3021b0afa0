// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

namespace rankfill {

/// value = offset + step * code, in one rounding (fma).  The same bits on host and device.
template <class T>
struct ValueCoding {
  T offset = 0, step = 0;
  std::uint32_t largest = 0;  ///< code

  constexpr std::uint32_t code(double value) const {
    return step == 0 ? 0 : static_cast<std::uint32_t>(std::lround((value - double{offset}) / double{step}));
  }
  constexpr T value(std::uint32_t code) const { return std::fma(step, static_cast<T>(code), offset); }
  /// Whether a code exists that gives the value back to `within`.
  constexpr bool holds(double value, double within) const {
    const std::uint32_t c = code(value);
    return c <= largest && std::abs(double{this->value(c)} - value) <= within;
  }
};

}  // namespace rankfill
