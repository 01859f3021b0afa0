// SPDX-License-Identifier: Apache-2.0
#include "problem/narrow.hpp"

namespace rankfill {

bool may_be_float(const std::vector<double>& values) {
  constexpr std::size_t looks = 1024;
  for (std::size_t p = 0; p < values.size(); p += 1 + values.size() / looks)
    if (double{static_cast<float>(values[p])} != values[p]) return false;
  return true;
}

template <class T>
std::optional<ValueCoding<T>> propose_coding(double low, double high, std::vector<double> sample) {
  const double within = coding_tolerance<T>(low, high);
  sample.push_back(low);
  std::sort(sample.begin(), sample.end());
  double step = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < sample.size(); ++i)
    if (const double gap = sample[i] - sample[i - 1]; gap > 2 * within) step = std::min(step, gap);
  ValueCoding<T> coding{.offset = static_cast<T>(low), .step = 0, .largest = 0};
  if (std::isfinite(step)) {
    const double steps = std::round((high - low) / step);
    if (steps < 1 || steps > 65535) return std::nullopt;
    coding.step = static_cast<T>((high - low) / steps);  // the mean over all gaps is more exact than one of them
    coding.largest = static_cast<std::uint32_t>(steps);
  }
  return coding;
}

template <class T>
std::optional<ValueCoding<T>> find_coding(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  std::vector<double> sample;
  for (std::size_t i = 0; i < values.size(); i += 1 + values.size() / kCodingSample) sample.push_back(values[i]);
  const auto coding = propose_coding<T>(*low, *high, std::move(sample));
  const double within = coding_tolerance<T>(*low, *high);
  if (coding)
    for (const double value : values)
      if (!coding->holds(value, within)) return std::nullopt;
  return coding;
}

template std::optional<ValueCoding<float>> propose_coding<float>(double, double, std::vector<double>);
template std::optional<ValueCoding<double>> propose_coding<double>(double, double, std::vector<double>);
template std::optional<ValueCoding<float>> find_coding<float>(const std::vector<double>&);
template std::optional<ValueCoding<double>> find_coding<double>(const std::vector<double>&);

}  // namespace rankfill
