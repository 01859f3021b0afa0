// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <deque>
#include <utility>
#include <vector>

#include "kernels/update.hpp"
#include "solvers/elimination.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// ALS with Anderson acceleration: the combination of the last few sweeps whose steps cancel best.  docs/math.md Eq. 23;
/// Anderson 1965; Walker, Ni 2011.  Acts on the factor with fewer rows, as NesterovAls does, and takes back what raises the
/// objective.
/// Traffic per iteration: two passes, as an ALS sweep; three where one is taken back.
template <class T, class B>
class AndersonAls {
 public:
  AndersonAls(B& backend, Problem<T, B>& problem, int rank, const AndersonAlsOptions& options)
      : backend_(backend), problem_(backend, problem, rank, options.cg_steps) {
    const std::int64_t rows = problem_.outer_rows();
    for (Factor<T, B>* x : {&start_, &sweep_, &step_, &last_sweep_, &last_step_})
      *x = {backend, rows, rank, "Anderson's last sweep"};
    for (int i = 0; i < options.memory; ++i)
      spare_.push_back({{backend, rows, rank, "Anderson's memory"}, {backend, rows, rank, "Anderson's memory"}});
  }

  Step iterate(Factors<T, B>& at) {
    Step step;
    step.passes = 2;
    Factor<T, B>& outer = problem_.outer(at);
    if (!started_) {
      problem_.solve_inner(at);
      started_ = true;
      ++step.passes;
    }

    // G(v) = argmin F(u, .), and f = G(v) - v
    start_.values.copy_from(outer.values);
    step.before = problem_.solve_outer(at);
    sweep_.values.copy_from(outer.values);
    update(backend_, 1, sweep_, 0, step_);
    update(backend_, -1, start_, 1, step_);
    remember();

    // v = G(v) - sum_i gamma_i (G_i - G_i-1), gamma the least squares of f - sum_i gamma_i (f_i - f_i-1)
    const bool mixed = mix(outer);
    const double f = problem_.solve_inner(at), here = step.before.objective();
    if (mixed && !(f <= here + problem_.noise(here))) {
      outer.values.copy_from(sweep_.values);
      problem_.solve_inner(at);
      forget();
      ++step.passes;
    }
    std::swap(last_sweep_, sweep_);
    std::swap(last_step_, step_);
    return step;
  }

 private:
  /// Differences to the sweep before.
  struct Pair {
    Factor<T, B> step, sweep;
  };

  void remember() {
    if (has_last_ && !(spare_.empty() && pairs_.empty())) {
      if (spare_.empty()) forget_oldest();
      Pair& pair = spare_.back();
      const auto difference = [&](const Factor<T, B>& now, const Factor<T, B>& then, Factor<T, B>& out) {
        update(backend_, 1, now, 0, out);
        update(backend_, -1, then, 1, out);
      };
      difference(step_, last_step_, pair.step);
      difference(sweep_, last_sweep_, pair.sweep);
      pairs_.push_back(std::move(pair));
      spare_.pop_back();
    }
    has_last_ = true;
  }
  void forget_oldest() {
    spare_.push_back(std::move(pairs_.front()));
    pairs_.pop_front();
  }
  void forget() {
    while (!pairs_.empty()) forget_oldest();
    has_last_ = false;
  }

  /// Returns whether `outer` is anything but the plain sweep.
  bool mix(Factor<T, B>& outer) {
    const auto size = static_cast<Eigen::Index>(pairs_.size());
    if (size == 0) return false;
    Eigen::MatrixXd a(size, size);
    Eigen::VectorXd b(size);
    for (Eigen::Index i = 0; i < size; ++i) {
      const Factor<T, B>& mine = pairs_[static_cast<std::size_t>(i)].step;
      b(i) = dot(backend_, mine, step_);
      for (Eigen::Index j = 0; j <= i; ++j)
        a(i, j) = a(j, i) = dot(backend_, mine, pairs_[static_cast<std::size_t>(j)].step);
    }
    a.diagonal().array() += 1e-10 * a.trace() / static_cast<double>(size);  // differences may be parallel
    const Eigen::VectorXd gamma = a.ldlt().solve(b);
    if (!gamma.allFinite()) return false;
    for (Eigen::Index i = 0; i < size; ++i)
      update(backend_, -gamma(i), pairs_[static_cast<std::size_t>(i)].sweep, 1, outer);
    return true;
  }

  B& backend_;
  Elimination<T, B> problem_;
  Factor<T, B> start_, sweep_, step_, last_sweep_, last_step_;
  std::deque<Pair> pairs_;
  std::vector<Pair> spare_;
  bool started_ = false, has_last_ = false;
};

}  // namespace rankfill
