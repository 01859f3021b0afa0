// SPDX-License-Identifier: Apache-2.0
#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace rankfill::cli {

namespace {

template <class... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), pattern, values...);
  return text.data();
}

}  // namespace

std::string with_commas(std::int64_t number) {
  std::string text = std::to_string(number);
  const int stop = number < 0 ? 1 : 0;
  for (int at = static_cast<int>(text.size()) - 3; at > stop; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

std::string short_number(double number, int digits) { return format("%.*g", digits, number); }

std::string duration(double seconds) {
  if (seconds < 9.995) return format("%.2f s", seconds);
  if (seconds < 99.95) return format("%.1f s", seconds);
  const auto whole = static_cast<long>(std::lround(seconds));
  if (whole < 3600) return format("%ld min %ld s", whole / 60, whole % 60);
  return format("%ld h %ld min", whole / 3600, whole / 60 % 60);
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  constexpr std::array kUnits{"kB", "MB", "GB", "TB"};
  double size = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; size >= 999.5 && unit + 1 < kUnits.size(); ++unit) size /= 1000;
  return format(size < 9.95 ? "%.1f %s" : "%.0f %s", size, kUnits[unit]);
}

std::string counted(std::int64_t count, const std::string& one, const std::string& many) {
  return with_commas(count) + " " + (count == 1 ? one : many.empty() ? one + "s" : many);
}

std::string lambda_text(double lambda, double weighting) {
  if (weighting == 0) return "plain lambda = " + short_number(lambda, 6);
  return "weighted lambda = " + short_number(lambda, 6) + " * n_i^" + short_number(weighting, 6);
}

std::string flag_of(const std::string& field) {
  if (field.ends_with("_column")) return "--columns";
  if (field == "OUT") return field;  // stands without a flag
  std::string flag = "--" + field;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

}  // namespace rankfill::cli
