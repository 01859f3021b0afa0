// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <optional>

#include "solvers/gradient.hpp"

namespace rankfill {

/// What one iteration reports.
struct Step {
  Measure before;              ///< of the point it started from: a by-product of the work
  double passes = 0;           ///< over the entries, that it cost
  bool moved = true;           ///< false: no step lowers the objective in this precision
  std::optional<bool> finite;  ///< is the new point?  Empty: not looked at, so the loop looks
};

/// A method: built from a backend, a problem, a rank and its options (allocating all it will ever need), it replaces a point by a
/// better one.  `at` must not be changed by anyone else between calls without a new solver.
template <class S, class T, class B>
concept Solver = requires(S solver, Factors<T, B>& at) {
  { solver.iterate(at) } -> std::same_as<Step>;
};

}  // namespace rankfill
