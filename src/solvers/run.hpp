// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cmath>

#include "kernels/loss.hpp"
#include "rankfill/summary.hpp"
#include "solvers/solver.hpp"
#include "solvers/stopping.hpp"

namespace rankfill {

/// sqrt of the mean squared error over the held-out entries; those with an unseen row or column are predicted by the mean
/// and the biases that are known.
template <class T, class B>
double holdout_rmse(B& backend, const Problem<T, B>& problem, const Factors<T, B>& at) {
  const double known = read_squared_error(backend, problem.holdout, at.row, at.col);
  return std::sqrt((known + problem.unseen_squared_error) / static_cast<double>(problem.num_holdout));
}

/// The outer loop of every method: table, stopping tests, callback, interrupt, best point kept.  Changes `at` into the point
/// to be returned and fills the part of `summary` that describes the iterations and that point.
///
/// A row of the table describes a point and is completed by the iteration that leaves it (see IterationSummary), so it is
/// one iteration behind.  The first and the last point are measured for their own sake, outside the count of passes.  `summary`
/// comes with the seconds and passes that the start took.
template <class T, class B, Solver<T, B> S>
class Run {
 public:
  Run(B& backend, Problem<T, B>& problem, S& solver, const Options& options, Factors<T, B>& at, Summary& summary)
      : backend_(backend),
        problem_(problem),
        solver_(solver),
        options_(options),
        at_(at),
        summary_(summary),
        gradient_(backend, problem),
        scratch_(backend, problem.num_rows, problem.num_cols, at.row.rank, "a measurement"),
        sums_(backend, kFactorDots, "sums"),
        patience_(options) {
    if (keep_best()) best_ = {backend, problem.num_rows, problem.num_cols, at.row.rank, "the best point"};
  }

  void operator()() {
    Measure here = gradient_.measure(at_, scratch_);
    double rmse = heldout();
    start_ = std::chrono::steady_clock::now() - std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                                    std::chrono::duration<double>(summary_.seconds.solve));
    double passes = summary_.passes;
    int iteration = 0;
    Termination why = Termination::max_iterations;
    if (!std::isfinite(here.objective())) {
      why = Termination::breakdown;
    } else if (gradient_small(here.relative_gradient(), options_)) {
      why = Termination::gradient_tolerance;
    } else {
      for (; iteration < options_.max_iterations; ++iteration) {
        if (options_.interrupt && options_.interrupt->load()) {
          why = Termination::interrupted;
          break;
        }
        if (!keep_best()) kept_.copy_from(at_);
        const double begun = seconds();
        const Step step = solver_.iterate(at_);
        if (!(step.finite ? *step.finite : finite())) {  // the step failed: the point before it is the last finite one
          at_.copy_from(kept_);
          why = Termination::breakdown;
          break;
        }
        if (iteration > 0) here = step.before;
        const auto action = report(iteration, here, rmse, passes, begun);
        passes += step.passes;
        rmse = heldout();
        if (action == CallbackAction::stop) {
          why = Termination::stopped_by_callback;
          ++iteration;
          break;
        }
        if (!step.moved) {
          why = Termination::no_progress;
          break;
        }
        if (keep_best() && patience_.exhausted()) {
          why = Termination::holdout_tolerance;
          ++iteration;
          break;
        }
        // The test is on the point just left; what is returned is the one after it, so that one is measured.
        if (gradient_small(here.relative_gradient(), options_) &&
            gradient_small(gradient_.measure(at_, scratch_).relative_gradient(), options_)) {
          why = Termination::gradient_tolerance;
          ++iteration;
          break;
        }
      }
    }
    finish(why, iteration, passes);
  }

 private:
  bool finite() {
    factor_dots(backend_, at_, at_, sums_, 0);
    return std::isfinite(factor_dot(sums_.download().data()));
  }
  bool has_holdout() const { return problem_.num_holdout > 0; }
  bool keep_best() const { return has_holdout() && options_.keep_best; }

  /// Held-out RMSE here, remembered when it is the best.
  double heldout() {
    if (!has_holdout()) return std::numeric_limits<double>::quiet_NaN();
    const double rmse = holdout_rmse(backend_, problem_, at_);
    if (keep_best() && patience_.is_best(rmse)) kept_.copy_from(at_);
    return rmse;
  }

  CallbackAction report(int iteration, const Measure& m, double rmse, double passes, double when) {
    summary_.history.push_back({.iteration = iteration,
                                .objective = m.objective(),
                                .relative_gradient = m.relative_gradient(),
                                .train_rmse = std::sqrt(m.squared_error / static_cast<double>(problem_.num_entries)),
                                .holdout_rmse = rmse,
                                .passes = passes,
                                .seconds = when});
    return options_.callback ? options_.callback(summary_.history.back()) : CallbackAction::proceed;
  }

  void finish(Termination why, int iteration, double passes) {
    summary_.seconds.solve = seconds();
    const double last_rmse = has_holdout() ? holdout_rmse(backend_, problem_, at_) : 0;
    const bool go_back = keep_best() && !(last_rmse <= patience_.best());
    const Measure last = gradient_.measure(at_, scratch_);
    report(iteration, last, has_holdout() ? last_rmse : std::numeric_limits<double>::quiet_NaN(), passes,
           summary_.seconds.solve);
    Measure returned = last;
    if (go_back && std::isfinite(patience_.best())) {
      at_.copy_from(kept_);
      returned = gradient_.measure(at_, scratch_);
    }
    summary_.termination = why;
    summary_.iterations = iteration;
    summary_.passes = passes;
    summary_.objective = returned.objective();
    summary_.relative_gradient = returned.relative_gradient();
    summary_.train_rmse = std::sqrt(returned.squared_error / static_cast<double>(problem_.num_entries));
    if (has_holdout()) summary_.holdout_rmse = holdout_rmse(backend_, problem_, at_);
  }

  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

  B& backend_;
  Problem<T, B>& problem_;
  S& solver_;
  const Options& options_;
  Factors<T, B>& at_;
  Summary& summary_;
  Gradient<T, B> gradient_;
  Factors<T, B> scratch_, best_;
  Factors<T, B>& kept_ =
      keep_best() ? best_ : scratch_;  ///< the best point on held-out data, or else that before a step
  Buffer<double, B> sums_;
  Patience patience_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace rankfill
