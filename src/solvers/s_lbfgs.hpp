// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <utility>

#include "solvers/exact_search.hpp"
#include "solvers/lbfgs_memory.hpp"
#include "solvers/preconditioner.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// L-BFGS on both factors at once, with their covariances as initial Hessian.  docs/math.md Eq. 14-15, 32-33; Nocedal 1980.
/// Forms no row systems: a gradient and two products with k x k matrices per iteration, for many entries per row and large k,
/// where the k^2 flops per entry of ALS are what costs.
/// Passes per iteration: those of the gradient.  Two more for an exact line search: at first, when the memory was emptied, and
/// where the natural step 1 is refused, which costs another gradient too.
template <class T, class B>
class SLbfgs {
 public:
  SLbfgs(B& backend, Problem<T, B>& problem, int rank, const SLbfgsOptions& options)
      : backend_(backend),
        gradient_(backend, problem),
        search_(backend, problem),
        preconditioner_(backend, problem, rank),
        memory_(backend, options.memory, 0, [&] {
          return Factors<T, B>(backend, problem.num_rows, problem.num_cols, rank, "the memory of L-BFGS");
        }) {
    for (Factors<T, B>* x : {&g_, &new_g_, &d_, &old_})
      *x = {backend, problem.num_rows, problem.num_cols, rank, "a direction of L-BFGS"};
  }

  Step iterate(Factors<T, B>& at) {
    Step step;
    if (!started_) {
      here_ = look(at, g_, step);
      started_ = true;
    }
    step.before = here_;

    // d = -H g
    preconditioner_.refresh(at);
    set_direction();
    auto slopes = search_.slopes(at, g_, d_);
    if (!(slopes.gd < 0) && !memory_.empty()) {
      memory_.clear();
      set_direction();
      slopes = search_.slopes(at, g_, d_);
    }
    if (!(slopes.gd < 0)) {
      step.moved = false;
      return step;
    }

    // x += d where F falls enough, else x += t d with the best t
    old_.copy_from(at);
    double t = 1;
    bool accepted = false;
    if (!memory_.empty()) accepted = try_step(at, t, slopes.gd, step);
    if (!accepted) {
      t = search_.best_step(at, d_, slopes);
      step.passes += search_.kPasses;
      accepted = t > 0 && try_step(at, t, slopes.gd, step);
    }
    if (!accepted) {
      step.moved = !memory_.empty();  // once more without it, or the end
      memory_.clear();
      return step;
    }
    here_ = there_;
    memory_.add(t, d_, g_, new_g_);
    std::swap(g_, new_g_);
    return step;
  }

 private:
  Measure look(const Factors<T, B>& at, Factors<T, B>& gradient, Step& step) {
    step.passes += gradient_.passes();
    return gradient_.measure(at, gradient);
  }

  void set_direction() {
    update(backend_, -1, g_, 0, d_);
    memory_.apply([&](Factors<T, B>& x) { preconditioner_.apply(x); }, d_);
  }

  /// x += t d, and a look there.  False, and x is as before, unless F(x + t d) <= F(x) + 1e-4 t <g, d>.
  bool try_step(Factors<T, B>& at, double t, double slope, Step& step) {
    update(backend_, t, d_, 1, at);
    there_ = look(at, new_g_, step);
    const double start = here_.objective(), noise = 4 * double{std::numeric_limits<T>::epsilon()} * start;
    if (there_.objective() <= start + 1e-4 * t * slope + noise) return true;
    at.copy_from(old_);
    return false;
  }

  B& backend_;
  Gradient<T, B> gradient_;
  ExactSearch<T, B> search_;
  Preconditioner<T, B> preconditioner_;
  LbfgsMemory<Factors<T, B>, B> memory_;
  Factors<T, B> g_, new_g_, d_, old_;
  Measure here_, there_;
  bool started_ = false;
};

}  // namespace rankfill
