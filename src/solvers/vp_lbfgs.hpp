// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "kernels/factor_rows.hpp"
#include "solvers/als.hpp"
#include "solvers/elimination.hpp"
#include "solvers/lbfgs_memory.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// Variable projection with L-BFGS.  docs/math.md Eq. 21, 24; Golub, Pereyra 1973; Nocedal 1980.
/// The factor with more rows is eliminated; L-BFGS descends on the other, with the ALS systems of its rows as initial
/// Hessian: without memory a step *is* the other ALS half, and 1 is the natural step size.
/// Traffic per iteration: two passes, as an ALS sweep; one more for every time a step is shortened.
template <class T, class B>
class VpLbfgs {
 public:
  VpLbfgs(B& backend, Problem<T, B>& problem, int rank, const VpLbfgsOptions& options)
      : backend_(backend),
        whole_problem_(problem),
        sweeps_left_(options.start_sweeps),
        als_(backend, problem, rank, AlsOptions{options.cg_steps}),
        problem_(backend, problem, rank, options.cg_steps),
        // never scaled down: H_0 is exact where the inner factor does not react
        memory_(backend, options.memory, 1,
                [&] { return Factor<T, B>(backend, problem_.outer_rows(), rank, "the memory of L-BFGS"); }),
        systems_(backend, problem_.outer_rows(), rank),
        gradient_(backend, problem_.outer_rows(), rank, "the outer gradient"),
        new_gradient_(backend, problem_.outer_rows(), rank, "the outer gradient"),
        direction_(backend, problem_.outer_rows(), rank, "the direction"),
        old_outer_(backend, problem_.outer_rows(), rank, "the outer factor"),
        old_inner_(backend, problem_.inner_rows(), rank, "the inner factor"),
        sums_(backend, 1, "sums"),
        dots_(backend, kFactorDots + kWeightedDots, "sums") {}

  Step iterate(Factors<T, B>& at) {
    if (sweeps_left_ > 0) {
      --sweeps_left_;
      return als_.iterate(at);
    }
    Step step;
    if (!projected_) {  // onto the surface u = u(v), where the descent lives
      problem_.solve_inner(at);
      here_ = look_around(at, gradient_);
      projected_ = true;
      step.passes = 2;
    }
    step.before = here_;

    // d = -H g
    double slope = set_direction();
    if (!(slope < 0) && !memory_.empty()) {
      memory_.clear();
      slope = set_direction();
    }
    if (!(slope < 0)) {
      step.moved = false;
      return step;
    }

    // phi(v + t d) <= phi(v) + 1e-4 t <g, d>
    double t = 1;
    const auto shortened = take_step(at, slope, t);
    step.passes += 1 + shortened.value_or(kMostShortened);
    if (!shortened) {
      step.moved = !memory_.empty();  // once more with the ALS step, or the end
      memory_.clear();
      return step;
    }
    here_ = look_around(at, new_gradient_);
    step.passes += 1;
    memory_.add(t, direction_, gradient_, new_gradient_);
    std::swap(gradient_, new_gradient_);
    return step;
  }

 private:
  /// Systems and gradient of the outer factor, and what is known of the point.  One pass.
  Measure look_around(Factors<T, B>& at, Factor<T, B>& gradient) {
    factor_rows(backend_, problem_.by_outer(), whole_problem_.lambda, problem_.outer_weights(), problem_.inner(at),
                problem_.outer(at), gradient, systems_, sums_);
    enqueue_norms(backend_, whole_problem_, at, dots_, 0);
    weighted_dots(backend_, Buffer<T, B>(), gradient, gradient, dots_, kFactorDots);
    const std::vector<double> dots = dots_.download();
    const Norms n = norms(whole_problem_, dots.data());
    return {.squared_error = sums_.download()[0],
            .penalty = n.penalty,
            .gradient_norm = std::sqrt(dots[kFactorDots]),
            .gradient_scale = n.gradient_scale};
  }

  /// Returns <g, d>.
  double set_direction() {
    update(backend_, -1, gradient_, 0, direction_);
    memory_.apply([&](Factor<T, B>& x) { solve_rows(backend_, systems_, x); }, direction_);
    return dot(backend_, gradient_, direction_);
  }

  /// outer += t d for the first t of 1 and shorter ones that lowers the objective enough; inner follows.  Returns how often
  /// t was shortened; nothing, and the point is as before, if that did not help.
  std::optional<int> take_step(Factors<T, B>& at, double slope, double& t) {
    Factor<T, B>&outer = problem_.outer(at), &inner = problem_.inner(at);
    const double start = here_.objective();
    old_outer_.values.copy_from(outer.values);
    old_inner_.values.copy_from(inner.values);
    for (int shortened = 0; shortened <= kMostShortened; ++shortened) {
      update(backend_, t, direction_, 1, outer);
      const double f = problem_.solve_inner(at);
      if (f <= start + 1e-4 * t * slope + problem_.noise(start)) return shortened;
      outer.values.copy_from(old_outer_.values);
      inner.values.copy_from(old_inner_.values);
      const double parabola = -slope * t * t / (2 * (f - start - slope * t));  // its minimum
      t = std::isfinite(parabola) ? std::clamp(parabola, 0.1 * t, 0.5 * t) : 0.1 * t;
    }
    return std::nullopt;
  }

  static constexpr int kMostShortened = 12;

  B& backend_;
  Problem<T, B>& whole_problem_;
  int sweeps_left_;
  Als<T, B> als_;
  Elimination<T, B> problem_;
  LbfgsMemory<Factor<T, B>, B> memory_;
  FactoredRows<T, B> systems_;
  Factor<T, B> gradient_, new_gradient_, direction_, old_outer_, old_inner_;
  Buffer<double, B> sums_, dots_;
  bool projected_ = false;
  Measure here_;
};

}  // namespace rankfill
