// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

#include "rankfill/options.hpp"

namespace rankfill {

/// Held-out early stopping: remembers the best RMSE and how many rounds ago a real improvement was seen.
class Patience {
 public:
  explicit Patience(const Options& options) : tolerance_(options.holdout_tolerance), patience_(options.patience) {}

  /// Returns true when this is the best so far.
  bool is_best(double rmse) {
    rounds_ = rmse < reference_ * (1 - tolerance_) ? 0 : rounds_ + 1;
    if (rounds_ == 0) reference_ = rmse;
    if (!(rmse < best_)) return false;
    best_ = rmse;
    return true;
  }
  bool exhausted() const { return rounds_ >= patience_; }
  double best() const { return best_; }

 private:
  double tolerance_;
  int patience_;
  int rounds_ = 0;
  double reference_ = std::numeric_limits<double>::infinity();  ///< last RMSE that was a real improvement
  double best_ = std::numeric_limits<double>::infinity();
};

/// Is the relative gradient small enough to stop?  A tolerance of 0 never stops.
inline bool gradient_small(double relative_gradient, const Options& options) {
  return options.gradient_tolerance > 0 && relative_gradient <= options.gradient_tolerance;
}

}  // namespace rankfill
