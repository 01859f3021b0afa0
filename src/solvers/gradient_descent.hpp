// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/line_search.hpp"
#include "kernels/update.hpp"
#include "solvers/quartic.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// Steepest descent with exact line search and optional heavy-ball momentum.  docs/math.md Eq. 14-16.
/// F along a direction is a quartic in the step; six sums over the entries fix its five coefficients.
/// Passes per iteration: those of the gradient, and two for the sums.
template <class T, class B>
class GradientDescent {
 public:
  GradientDescent(B& backend, Problem<T, B>& problem, int rank, const GradientDescentOptions& options)
      : backend_(backend),
        problem_(problem),
        momentum_(options.momentum),
        gradient_(backend, problem),
        g_(backend, problem.num_rows, problem.num_cols, rank, "the gradient"),
        d_(backend, problem.num_rows, problem.num_cols, rank, "the direction"),
        sums_(backend, 3 * kFactorDots, "sums") {}

  Step iterate(Factors<T, B>& at) {
    Step step;
    step.before = gradient_.measure(at, g_);
    step.passes = gradient_.passes() + 2;

    // d = -g + beta d, or -g alone where that is no descent direction
    combine(-1, g_, first_ ? 0 : momentum_, d_);
    Slopes slopes = read_slopes(at);
    if (slopes.gd >= 0) {
      combine(-1, g_, 0, d_);
      slopes = read_slopes(at);
    }
    first_ = false;

    const double t = minimize_quartic(coefficients(at, slopes));
    step.moved = t > 0;
    combine(t, d_, 1, at);  // x += t d
    return step;
  }

 private:
  void combine(double alpha, const Factors<T, B>& x, double beta, Factors<T, B>& y) {
    update(backend_, alpha, x.row, beta, y.row);
    update(backend_, alpha, x.col, beta, y.col);
  }

  /// <g, d>, and with the weights <x, d> and <d, d>.
  struct Slopes {
    double gd = 0, xd = 0, dd = 0;
  };
  Slopes read_slopes(const Factors<T, B>& at) {
    factor_dots(backend_, g_, d_, sums_, 0);
    factor_dots(backend_, problem_.row_weights, problem_.col_weights, at, d_, sums_, kFactorDots);
    factor_dots(backend_, problem_.row_weights, problem_.col_weights, d_, d_, sums_, 2 * kFactorDots);
    const std::vector<double> sums = sums_.download();
    return {factor_dot(sums.data()), factor_dot(sums.data() + kFactorDots), factor_dot(sums.data() + 2 * kFactorDots)};
  }

  /// F(x + t d) as a polynomial in t, without its constant.  Eq. 15
  std::array<double, 5> coefficients(const Factors<T, B>& at, const Slopes& slopes) {
    const LineSums s = read_line_sums(backend_, problem_.observations.by_row, at, d_);
    const double xd = problem_.lambda * slopes.xd, dd = problem_.lambda * slopes.dd;
    return {0, -s.eb + xd, s.bb / 2 - s.ec + dd / 2, s.bc, s.cc / 2};
  }

  B& backend_;
  Problem<T, B>& problem_;
  double momentum_;
  Gradient<T, B> gradient_;
  Factors<T, B> g_, d_;
  Buffer<double, B> sums_;
  bool first_ = true;
};

}  // namespace rankfill
