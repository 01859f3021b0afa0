// SPDX-License-Identifier: Apache-2.0
#include "cli/axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "cli/text.hpp"

namespace rankfill::cli {

namespace {

constexpr int kMostTicks = 6;
constexpr double kWideRange = 5;

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `least`.
double round_up(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double digit : {1.0, 2.0, 2.5, 5.0}) {
    if (digit * power >= least * (1 - 1e-9)) return digit * power;
  }
  return 10 * power;
}

std::string superscript(int number) {
  constexpr std::array kDigits{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = number < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(number))) text += kDigits[static_cast<std::size_t>(digit - '0')];
  return text;
}

/// The decimals a multiple of `step` needs.
int decimals_of(double step) {
  int decimals = 0;
  for (; decimals < 12 && std::abs(step - std::round(step)) > 1e-6 * step; ++decimals) step *= 10;
  return decimals;
}

/// `mantissa`×10^`exponent`
std::string scientific(double mantissa, int exponent, int decimals) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, mantissa);
  const std::string power = "10" + superscript(exponent);
  return std::string(text.data()) == "1" ? power : text.data() + ("×" + power);
}

}  // namespace

Axis::Axis(const std::vector<double>& values, bool may_be_log, bool from_zero) {
  low_ = std::numeric_limits<double>::infinity();
  high_ = -low_;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
  }
  if (low_ > high_) low_ = 0, high_ = 1;
  if (from_zero) low_ = std::min(low_, 0.0);
  if (high_ - low_ <= 1e-12 * std::max(std::abs(low_), std::abs(high_))) {  // one value, or none but 0
    const double margin = high_ == 0 ? 1 : 0.05 * std::abs(high_);
    high_ += margin;
    if (!from_zero) low_ -= margin;
  }
  log_ = may_be_log && low_ > 0 && high_ > kWideRange * low_;
  log_ ? make_log() : make_linear();
}

void Axis::make_linear() {
  step_ = round_up((high_ - low_) / kMostTicks);
  const double first = std::floor(low_ / step_ + 1e-9), last = std::ceil(high_ / step_ - 1e-9);
  for (double k = first; k <= last; ++k) ticks_.push_back(k * step_);
  low_ = first * step_;
  high_ = last * step_;
}

void Axis::make_log() {
  const double first = std::floor(std::log10(low_)), last = std::ceil(std::log10(high_));
  const double every = std::max(1.0, std::ceil((last - first) / kMostTicks));
  const bool with_digits = last - first <= 3;
  for (double power = first; power <= last; power += with_digits ? 1 : every) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      if (digit > 1 && !with_digits) continue;
      ticks_.push_back(digit * std::pow(10, power));
    }
  }
  // The axis ends at the ticks around the data, not at whole decades.
  while (ticks_.size() > 2 && ticks_[1] <= low_) ticks_.erase(ticks_.begin());
  while (ticks_.size() > 2 && ticks_[ticks_.size() - 2] >= high_) ticks_.pop_back();
  low_ = std::min(low_, ticks_.front());
  high_ = std::max(high_, ticks_.back());
}

double Axis::place(double value) const {
  if (log_) return (std::log(value) - std::log(low_)) / (std::log(high_) - std::log(low_));
  return (value - low_) / (high_ - low_);
}

std::string Axis::label(double tick) const {
  if (tick == 0 || (!log_ && std::abs(tick) < 1e-9 * step_)) return "0";
  const double largest = std::max(std::abs(low_), std::abs(high_));
  const auto exponent_of = [](double value) { return static_cast<int>(std::floor(std::log10(value) + 1e-9)); };
  const bool is_extreme = exponent_of(largest) >= 6 || exponent_of(log_ ? low_ : largest) <= -4;
  const int exponent = is_extreme ? exponent_of(log_ ? std::abs(tick) : largest) : 0;
  const double scale = std::pow(10, exponent);
  const int decimals = log_ ? 0 : decimals_of(step_ / scale);
  if (is_extreme) return scientific(tick / scale, exponent, decimals);
  if (log_) return tick >= 1 ? with_commas(std::llround(tick)) : short_number(tick, 3);
  if (decimals == 0) return with_commas(std::llround(tick));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, tick);
  return text.data();
}

}  // namespace rankfill::cli
