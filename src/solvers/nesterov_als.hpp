// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <utility>

#include "kernels/update.hpp"
#include "solvers/elimination.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// ALS with Nesterov's extrapolation, and restarts.  docs/math.md Eq. 21-22; Nesterov 1983; O'Donoghue, Candes 2015;
/// Mitchell, Ye, De Sterck 2020.  Acts on the factor with fewer rows; the points are those with the other one solved, where
/// an outer half sees all there is to see.  The objective never rises: an extrapolation that would raise it is taken back.
/// Traffic per iteration: two passes, as an ALS sweep; three where one is taken back.
template <class T, class B>
class NesterovAls {
 public:
  NesterovAls(B& backend, Problem<T, B>& problem, int rank, const NesterovAlsOptions& options)
      : backend_(backend),
        problem_(backend, problem, rank, options.cg_steps),
        solved_(backend, problem_.outer_rows(), rank, "the last sweep's factor"),
        next_(backend, problem_.outer_rows(), rank, "the next sweep's factor") {}

  Step iterate(Factors<T, B>& at) {
    Step step;
    step.passes = 2;
    Factor<T, B>& outer = problem_.outer(at);
    if (!started_) {
      problem_.solve_inner(at);
      solved_.values.copy_from(outer.values);
      started_ = true;
      ++step.passes;
    }

    // v_next = argmin F(u, .)
    step.before = problem_.solve_outer(at);
    next_.values.copy_from(outer.values);

    // v = v_next + beta (v_next - v_last)
    const double momentum = (1 + std::sqrt(1 + 4 * momentum_ * momentum_)) / 2, beta = (momentum_ - 1) / momentum;
    update(backend_, -beta, solved_, 1 + beta, outer);
    momentum_ = momentum;

    // u = argmin F(., v)
    const double f = problem_.solve_inner(at), here = step.before.objective();
    if (beta > 0 && !(f <= here + problem_.noise(here))) {
      outer.values.copy_from(next_.values);
      problem_.solve_inner(at);
      momentum_ = 1;
      ++step.passes;
    }
    std::swap(solved_, next_);
    return step;
  }

 private:
  B& backend_;
  Elimination<T, B> problem_;
  Factor<T, B> solved_, next_;
  double momentum_ = 1;
  bool started_ = false;
};

}  // namespace rankfill
