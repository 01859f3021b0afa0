// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "rankfill/options.hpp"
#include "solvers/als.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// Some sweeps of ALS with a larger lambda, then the method `Next` with the problem's own.  docs/math.md, "Warm-up".
/// What a sweep reports of the point it leaves is the objective with the problem's lambda; the gradient is that of the larger.
template <class T, class B, class Next>
class WarmUp {
 public:
  WarmUp(B& backend, Problem<T, B>& problem, int rank, const WarmUpOptions& options, Next& next)
      : problem_(problem), options_(options), next_(next) {
    if (options.sweeps > 0) als_.emplace(backend, problem, rank, AlsOptions{.cg_steps = options.cg_steps});
  }

  Step iterate(Factors<T, B>& at) {
    if (done_ >= options_.sweeps) return next_.iterate(at);
    ++done_;
    const double lambda = problem_.lambda;
    problem_.lambda = options_.factor * lambda;
    Step step = als_->iterate(at);
    problem_.lambda = lambda;
    step.before.penalty /= options_.factor;
    return step;
  }

 private:
  Problem<T, B>& problem_;
  WarmUpOptions options_;
  Next& next_;
  std::optional<Als<T, B>> als_;
  int done_ = 0;
};

}  // namespace rankfill
