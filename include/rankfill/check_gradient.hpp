// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "rankfill/entries.hpp"
#include "rankfill/options.hpp"

namespace rankfill {

/// One formulation held against finite differences, in float64, at a seeded random point.  docs/math.md Eq. 17-18.
struct GradientCheckRow {
  std::string formulation{};
  double best_relative_error = 0;  ///< smallest over the steps h of |central difference - <grad, d>| / |<grad, d>|
  double remainder_slope = 0;      ///< slope of log |F(x+hd) - F(x) - h <grad, d>| against log h: 2 for a true gradient
  bool passed = false;             ///< slope within 2.0 +- 0.1 and best_relative_error <= 1e-7
  std::string note{};              ///< why it was not run ("the entries do not fill a block"); then `passed` is true
};

struct GradientCheck {
  std::vector<GradientCheckRow> rows;
  bool passed = false;  ///< all rows passed
};

/// Verifies the gradient of every formulation on the caller's own data.  Uses rank, regularization, weighting, center,
/// device, threads and seed of `options`.  *Throws* as solve() does.
GradientCheck check_gradient(const Entries& entries, const Options& options = {});

}  // namespace rankfill
