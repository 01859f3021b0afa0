// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include "solvers/exact_search.hpp"
#include "solvers/preconditioner.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// Nonlinear conjugate gradients on both factors, preconditioned by their covariances, with exact line search.  docs/math.md
/// Eq. 14-15, 32, 35; Polak, Ribiere 1969.  Nothing is kept but the last gradient and direction: between gd and s-lbfgs.
/// Passes per iteration: those of the gradient, and two for the line search.
template <class T, class B>
class NonlinearCg {
 public:
  NonlinearCg(B& backend, Problem<T, B>& problem, int rank, const NonlinearCgOptions&)
      : backend_(backend),
        gradient_(backend, problem),
        search_(backend, problem),
        preconditioner_(backend, problem, rank),
        sums_(backend, 2 * kFactorDots, "sums") {
    for (Factors<T, B>* x : {&g_, &last_g_, &z_, &d_})
      *x = {backend, problem.num_rows, problem.num_cols, rank, "a direction of conjugate gradients"};
  }

  Step iterate(Factors<T, B>& at) {
    Step step;
    std::swap(g_, last_g_);
    step.before = gradient_.measure(at, g_);
    step.passes = gradient_.passes() + search_.kPasses;

    // z = P g;  d = -z + beta d, or -z alone where that is no descent direction
    preconditioner_.refresh(at);
    z_.copy_from(g_);
    preconditioner_.apply(z_);
    const double beta = conjugacy();
    update(backend_, -1, z_, beta, d_);
    auto slopes = search_.slopes(at, g_, d_);
    if (!(slopes.gd < 0)) {
      update(backend_, -1, z_, 0, d_);
      slopes = search_.slopes(at, g_, d_);
    }

    const double t = search_.best_step(at, d_, slopes);
    step.moved = t > 0;
    update(backend_, t, d_, 1, at);  // x += t d
    return step;
  }

 private:
  /// max(0, <g - g_last, z> / <g_last, z_last>), 0 at first.
  double conjugacy() {
    factor_dots(backend_, g_, z_, sums_, 0);
    if (last_gz_ > 0) factor_dots(backend_, last_g_, z_, sums_, kFactorDots);
    const std::vector<double> sums = sums_.download();
    const double gz = factor_dot(sums.data());
    const double beta = last_gz_ > 0 ? (gz - factor_dot(sums.data() + kFactorDots)) / last_gz_ : 0;
    last_gz_ = gz;
    return std::isfinite(beta) ? std::max(0.0, beta) : 0;
  }

  B& backend_;
  Gradient<T, B> gradient_;
  ExactSearch<T, B> search_;
  Preconditioner<T, B> preconditioner_;
  Buffer<double, B> sums_;
  Factors<T, B> g_, last_g_, z_, d_;
  double last_gz_ = 0;  ///< <g, z> of the iteration before
};

}  // namespace rankfill
