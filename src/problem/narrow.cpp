// SPDX-License-Identifier: Apache-2.0
#include "problem/narrow.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rankfill {

template <class T>
std::uint32_t ValueCoding<T>::code(double value) const {
  return step == 0 ? 0 : static_cast<std::uint32_t>(std::lround((value - double{offset}) / double{step}));
}

template <class T>
T ValueCoding<T>::value(std::uint32_t code) const {
  return std::fma(step, static_cast<T>(code), offset);
}

template <class T>
std::optional<ValueCoding<T>> find_coding(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double within = std::max(std::abs(*low), std::abs(*high)) * std::numeric_limits<T>::epsilon();

  // The step is the smallest gap between values of a sample, if all values are multiples of it away from the smallest.
  constexpr std::size_t sample = 4096;
  std::vector<double> some;
  for (std::size_t i = 0; i < values.size(); i += 1 + values.size() / sample) some.push_back(values[i]);
  some.push_back(*low);
  std::sort(some.begin(), some.end());
  double step = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < some.size(); ++i)
    if (const double gap = some[i] - some[i - 1]; gap > 2 * within) step = std::min(step, gap);
  ValueCoding<T> coding{.offset = static_cast<T>(*low), .step = 0, .largest = 0};
  if (std::isfinite(step)) {
    const double steps = std::round((*high - *low) / step);
    if (steps < 1 || steps > 65535) return std::nullopt;
    coding.step = static_cast<T>((*high - *low) / steps);  // the mean over all gaps is more exact than one of them
    coding.largest = static_cast<std::uint32_t>(steps);
  }
  for (const double value : values)
    if (const auto c = coding.code(value); c > coding.largest || std::abs(double{coding.value(c)} - value) > within)
      return std::nullopt;
  return coding;
}

template struct ValueCoding<float>;
template struct ValueCoding<double>;
template std::optional<ValueCoding<float>> find_coding<float>(const std::vector<double>&);
template std::optional<ValueCoding<double>> find_coding<double>(const std::vector<double>&);

}  // namespace rankfill
