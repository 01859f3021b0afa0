// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace rankfill {

/// value = offset + step * code, in one rounding (fma).
template <class T>
struct ValueCoding {
  T offset = 0, step = 0;
  std::uint32_t largest = 0;  ///< code

  std::uint32_t code(double value) const;
  T value(std::uint32_t code) const;
};

/// A coding in at most 16 bits that reproduces every value to half a unit in the last place of the largest, which is how well
/// T itself holds it; nothing where there is none.  Ratings in half stars need 8 bits, values of two decimals 16.
template <class T>
std::optional<ValueCoding<T>> find_coding(const std::vector<double>& values);

}  // namespace rankfill
