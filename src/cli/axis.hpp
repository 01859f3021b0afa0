// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace rankfill::cli {

/// One axis of a plot: the range of the data widened to ticks at round numbers, linear or logarithmic.
class Axis {
 public:
  /// Covers the finite values among `values`; `from_zero` begins the axis at 0.  Logarithmic when `may_be_log` and all
  /// values are above 0 and span more than a factor of 5.
  Axis(const std::vector<double>& values, bool may_be_log, bool from_zero);

  /// Where `value` lies between the ends of the axis, 0 to 1.
  double place(double value) const;
  const std::vector<double>& ticks() const { return ticks_; }
  /// A tick as text, with as many digits as tell it from its neighbours: "0.85", "12,000", "3×10⁶".
  std::string label(double tick) const;
  bool is_log() const { return log_; }

 private:
  void make_linear();
  void make_log();

  double low_ = 0, high_ = 1, step_ = 1;
  bool log_ = false;
  std::vector<double> ticks_;
};

}  // namespace rankfill::cli
