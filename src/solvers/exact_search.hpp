// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "kernels/line_search.hpp"
#include "solvers/gradient.hpp"
#include "solvers/quartic.hpp"

namespace rankfill {

/// Exact line search: F along a direction is a quartic in the step; six sums over the entries and two over the factors fix its
/// coefficients.  docs/math.md Eq. 14-15
template <class T, class B>
class ExactSearch {
 public:
  ExactSearch(B& backend, const Problem<T, B>& problem)
      : backend_(backend), problem_(problem), sums_(backend, 3 * kFactorDots, "sums") {}

  static constexpr double kPasses = 2;  ///< of one call of best_step()

  /// <g, d>, and with the weights <x, d> and <d, d>.
  struct Slopes {
    double gd = 0, xd = 0, dd = 0;
  };
  Slopes slopes(const Factors<T, B>& at, const Factors<T, B>& g, const Factors<T, B>& d) {
    factor_dots(backend_, g, d, sums_, 0);
    factor_dots(backend_, problem_.row_weights, problem_.col_weights, at, d, sums_, kFactorDots);
    factor_dots(backend_, problem_.row_weights, problem_.col_weights, d, d, sums_, 2 * kFactorDots);
    const std::vector<double> sums = sums_.download();
    return {factor_dot(sums.data()), factor_dot(sums.data() + kFactorDots), factor_dot(sums.data() + 2 * kFactorDots)};
  }

  /// The t >= 0 at which F(x + t d) is least; 0 when nothing beats t = 0.  Waits.
  double best_step(const Factors<T, B>& at, const Factors<T, B>& d, const Slopes& slopes) {
    const LineSums s = read_line_sums(backend_, problem_.observations.by_row, at, d);
    const double xd = problem_.lambda * slopes.xd, dd = problem_.lambda * slopes.dd;
    return minimize_quartic({0, -s.eb + xd, s.bb / 2 - s.ec + dd / 2, s.bc, s.cc / 2});
  }

 private:
  B& backend_;
  const Problem<T, B>& problem_;
  Buffer<double, B> sums_;
};

}  // namespace rankfill
