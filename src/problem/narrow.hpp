// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "kernels/detail/value_coding.hpp"

namespace rankfill {

/// Column indices are stored in 16 bits where there are at most so many columns.  Wider matrices are not cut into segments of so
/// many: at rank 64 the two bytes are 1.5 % of what an entry moves, and nearly all rows would fall into pieces (docs/performance.md).
inline constexpr std::int64_t kNarrowCols = 65536;

/// Whether it is worth trying float: a look at some values.
bool may_be_float(const std::vector<double>& values);

/// How far a decoded value may be from the value, when values lie in [low, high]: half a unit in the last place of the largest,
/// which is how well T itself holds it.
template <class T>
double coding_tolerance(double low, double high) {
  return std::max(std::abs(low), std::abs(high)) * std::numeric_limits<T>::epsilon();
}

/// About how many values a coding is judged from, evenly spread.
inline constexpr std::int64_t kCodingSample = 4096;

/// The coding in at most 16 bits that values in [low, high] must have, if they have one, to judge by a sample of them: its step
/// is the smallest gap between two.  Whether it holds all values remains to be seen.
template <class T>
std::optional<ValueCoding<T>> propose_coding(double low, double high, std::vector<double> sample);

/// A coding in at most 16 bits that reproduces every value to coding_tolerance; nothing where there is none.  Ratings in half
/// stars need 8 bits, values of two decimals 16.
template <class T>
std::optional<ValueCoding<T>> find_coding(const std::vector<double>& values);

}  // namespace rankfill
