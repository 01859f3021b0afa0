// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "solvers/exact_search.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// Steepest descent with exact line search and optional heavy-ball momentum.  docs/math.md Eq. 14-16.
/// Passes per iteration: those of the gradient, and two for the line search.
template <class T, class B>
class GradientDescent {
 public:
  GradientDescent(B& backend, Problem<T, B>& problem, int rank, const GradientDescentOptions& options)
      : backend_(backend),
        momentum_(options.momentum),
        gradient_(backend, problem),
        search_(backend, problem),
        g_(backend, problem.num_rows, problem.num_cols, rank, "the gradient"),
        d_(backend, problem.num_rows, problem.num_cols, rank, "the direction") {}

  Step iterate(Factors<T, B>& at) {
    Step step;
    step.before = gradient_.measure(at, g_);
    step.passes = gradient_.passes() + search_.kPasses;

    // d = -g + beta d, or -g alone where that is no descent direction
    update(backend_, -1, g_, first_ ? 0 : momentum_, d_);
    auto slopes = search_.slopes(at, g_, d_);
    if (slopes.gd >= 0) {
      update(backend_, -1, g_, 0, d_);
      slopes = search_.slopes(at, g_, d_);
    }
    first_ = false;

    const double t = search_.best_step(at, d_, slopes);
    step.moved = t > 0;
    update(backend_, t, d_, 1, at);  // x += t d
    return step;
  }

 private:
  B& backend_;
  double momentum_;
  Gradient<T, B> gradient_;
  ExactSearch<T, B> search_;
  Factors<T, B> g_, d_;
  bool first_ = true;
};

}  // namespace rankfill
