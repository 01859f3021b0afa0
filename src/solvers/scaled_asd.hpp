// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "kernels/update.hpp"
#include "solvers/preconditioner.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// Scaled alternating steepest descent: a step in U along its preconditioned gradient, then one in V, each with the exact
/// length.  docs/math.md Eq. 3, 32, 34; Tanner, Wei 2016.  With one factor held F is a quadratic, so a gradient at the trial
/// point x - z gives its curvature along z, and by linearity the gradient at the point of the step.
/// No systems, and no more memory than a few factors: for recovery from few entries, of high rank.
/// Passes per iteration: four, two gradients of either factor; one more at first.  In the order of the entries, whatever the
/// formulation.
template <class T, class B>
class ScaledAsd {
 public:
  ScaledAsd(B& backend, Problem<T, B>& problem, int rank, const ScaledAsdOptions&)
      : backend_(backend),
        problem_(problem),
        preconditioner_(backend, problem, rank),
        squared_error_(backend, 1, "sums"),
        sums_(backend, 2 * kFactorDots, "sums") {
    for (Factors<T, B>* x : {&g_, &z_, &trial_, &trial_g_})
      *x = {backend, problem.num_rows, problem.num_cols, rank, "a direction of steepest descent"};
  }

  Step iterate(Factors<T, B>& at) {
    Step step;
    if (!started_) {
      gradient_of_cols(at.col, at.row, g_.col);
      started_ = true;
      ++step.passes;
    }

    // U <- U - t P grad_U F(U, V)
    gradient_of_rows(at.row, at.col, g_.row);
    step.before = measure(at);
    preconditioner_.refresh_rows(at.col);
    z_.row.values.copy_from(g_.row.values);
    preconditioner_.apply_rows(z_.row);
    step_to_trial(at.row, z_.row, trial_.row);
    gradient_of_rows(trial_.row, at.col, trial_g_.row);
    const bool moved_u = move(at.row, z_.row, trial_g_.row, g_.row);

    // V <- V - t P grad_V F(U, V), at the new U
    gradient_of_cols(at.col, at.row, g_.col);
    preconditioner_.refresh_cols(at.row);
    z_.col.values.copy_from(g_.col.values);
    preconditioner_.apply_cols(z_.col);
    step_to_trial(at.col, z_.col, trial_.col);
    gradient_of_cols(trial_.col, at.row, trial_g_.col);
    const bool moved_v = move(at.col, z_.col, trial_g_.col, g_.col);

    step.passes += 4;
    step.moved = moved_u || moved_v;
    return step;
  }

 private:
  void gradient_of_rows(const Factor<T, B>& u, const Factor<T, B>& v, Factor<T, B>& g) {
    gradient_rows(backend_, problem_.observations.by_row, u, v, Gather::full, g, squared_error_);
    add_regularization(backend_, problem_.lambda, problem_.row_weights, u, g);
  }
  void gradient_of_cols(const Factor<T, B>& v, const Factor<T, B>& u, Factor<T, B>& g) {
    gradient_rows(backend_, problem_.observations.by_col, v, u, Gather::full, g, squared_error_);
    add_regularization(backend_, problem_.lambda, problem_.col_weights, v, g);
  }

  /// trial = x - z
  void step_to_trial(const Factor<T, B>& x, const Factor<T, B>& z, Factor<T, B>& trial) {
    trial.values.copy_from(x.values);
    update(backend_, -1, z, 1, trial);
  }

  /// x -= t z with t = <g, z> / <z, H z>, H z = g - trial_g; g becomes the gradient there.  False when F does not fall.
  bool move(Factor<T, B>& x, const Factor<T, B>& z, Factor<T, B>& trial_g, Factor<T, B>& g) {
    const Buffer<T, B> plain;
    update(backend_, -1, g, 1, trial_g);  // -H z
    weighted_dots(backend_, plain, g, z, sums_, 0);
    weighted_dots(backend_, plain, trial_g, z, sums_, kWeightedDots);
    const std::vector<double> sums = sums_.download();
    const double slope = sums[0], curvature = -sums[kWeightedDots], t = slope / curvature;
    if (!(slope > 0 && curvature > 0 && std::isfinite(t))) return false;
    update(backend_, -t, z, 1, x);
    update(backend_, t, trial_g, 1, g);
    return true;
  }

  Measure measure(const Factors<T, B>& at) {
    enqueue_norms(backend_, problem_, at, sums_, 0);
    factor_dots(backend_, g_, g_, sums_, kFactorDots);
    const std::vector<double> sums = sums_.download();
    const Norms n = norms(problem_, sums.data());
    return {.squared_error = squared_error_.download()[0],
            .penalty = n.penalty,
            .gradient_norm = std::sqrt(factor_dot(sums.data() + kFactorDots)),
            .gradient_scale = n.gradient_scale};
  }

  B& backend_;
  Problem<T, B>& problem_;
  Preconditioner<T, B> preconditioner_;
  Buffer<double, B> squared_error_, sums_;
  Factors<T, B> g_, z_, trial_, trial_g_;
  bool started_ = false;
};

}  // namespace rankfill
