// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/als_half.hpp"
#include "kernels/update.hpp"
#include "solvers/factor_span.hpp"
#include "solvers/path.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// Singular values of U V^T, largest first.  Downloads both factors.
template <class T, class B>
std::vector<double> product_singular_values(const Factors<T, B>& at) {
  const auto span = [](const Factor<T, B>& x) {
    return factor_span(x.values.download(), x.rank, {}, std::vector<double>(static_cast<std::size_t>(x.num_rows)));
  };
  return singular_values(span(at.row), span(at.col), at.row.rank);
}

/// Exact recovery: ALS while lambda falls, then the method `Finish` at lambda = 0.  docs/math.md Eq. 39.
/// A large lambda holds the weak directions at zero until the strong ones are right; so every stage begins near where it ends,
/// and one sweep is enough for it.  Once every column is in use, its singular value well above what lambda takes off it,
/// the path is at its end.  Changes problem.lambda.
/// Traffic per iteration: two passes, and on the path one download of both factors; then that of `Finish`.
template <class T, class B, class Finish>
class LambdaPath {
 public:
  LambdaPath(B& backend, Problem<T, B>& problem, Finish& finish, const PathLimits& limits)
      : backend_(backend),
        problem_(problem),
        finish_(finish),
        limits_(limits),
        data_norm_(problem.value_rms * std::sqrt(static_cast<double>(problem.num_entries))),
        sums_(backend, kHalfSweepSums, "sums"),
        norms_(backend, kFactorDots, "sums") {}

  Step iterate(Factors<T, B>& at) {
    if (!std::exchange(begun_, true)) {
      if (limits_.first_lambda == 0) return begin(at);
      problem_.lambda = limits_.first_lambda;
    }
    Step step = problem_.lambda > 0 ? sweep(at) : finish_.iterate(at);
    const double residual = residual_ ? *residual_ : std::sqrt(step.before.squared_error);
    if (residual <= limits_.tolerance * data_norm_) step.moved = false;
    if (problem_.lambda > 0)
      lower(at);
    else if (stalls(residual))
      step.moved = false;
    residual_.reset();
    return step;
  }

 private:
  /// Two halves of the power method from the random columns, V <- P(M)^T P(M) V, and what that tells of sigma_1.
  Step begin(Factors<T, B>& at) {
    Step step;
    step.passes = 2;
    step.before = measure_before(at);
    power_half(problem_.observations.by_row, at.col, at.row);
    const double sigma = power_half(problem_.observations.by_col, at.row, at.col);
    step.before.squared_error = data_norm_ * data_norm_;
    problem_.lambda = sigma;
    step.finite = std::isfinite(sigma);
    return step;
  }

  /// u <- P(M) v / |P(M) v| times a length fit for a factor.  Returns |P(M) v| / |v|.
  double power_half(const Csr<T, B>& m, const Factor<T, B>& v, Factor<T, B>& u) {
    const double before = dot(backend_, v, v),
                 lambda = 1e8 * before;  // so large that the Gram matrices are nothing to it
    u.values.fill_zero();
    als_half(backend_, m, lambda, {}, v, {}, u, sums_);
    const double after = dot(backend_, u, u), sigma = lambda * std::sqrt(after / before);
    update(backend_, 0, u, std::sqrt(sigma / density() / after), u);
    return sigma;
  }

  double density() const {
    return static_cast<double>(problem_.num_entries) / static_cast<double>(problem_.num_rows - problem_.empty_rows) /
           static_cast<double>(problem_.num_cols - problem_.empty_cols);
  }

  Measure measure_before(const Factors<T, B>& at) {
    enqueue_norms(backend_, problem_, at, norms_, 0);
    const Norms n = norms(problem_, norms_.download().data());
    return {.penalty = n.penalty, .gradient_scale = n.gradient_scale};
  }

  Step sweep(Factors<T, B>& at) {
    Step step;
    step.passes = 2;
    step.before = measure_before(at);
    als_half(backend_, problem_.observations.by_row, problem_.lambda, {}, at.col, {}, at.row, sums_);
    const HalfSweep rows = read_half_sweep(sums_);
    als_half(backend_, problem_.observations.by_col, problem_.lambda, {}, at.row, {}, at.col, sums_);
    residual_ = std::sqrt(read_half_sweep(sums_).squared_error);
    step.before.squared_error = rows.squared_error;
    step.before.gradient_norm = std::sqrt(rows.gradient_norm_squared);
    return step;
  }

  /// Eq. 39
  void lower(const Factors<T, B>& at) {
    const double least = product_singular_values(at).back() * density();
    constexpr double end = 1e-10;
    problem_.lambda *= limits_.ratio;
    if (least > kClear * problem_.lambda || problem_.lambda <= end * data_norm_) problem_.lambda = 0;
  }

  bool stalls(double residual) {
    recent_.push_back(residual);
    const auto patience = static_cast<std::size_t>(limits_.patience);
    return recent_.size() > patience && residual > limits_.least_fall * recent_[recent_.size() - 1 - patience];
  }

  static constexpr double kClear = 4;

  B& backend_;
  Problem<T, B>& problem_;
  Finish& finish_;
  PathLimits limits_;
  double data_norm_;
  Buffer<double, B> sums_, norms_;
  bool begun_ = false;
  std::optional<double> residual_;  ///< |P(M - U V^T)| in the middle of the sweep just made
  std::vector<double> recent_;      ///< the residuals at lambda = 0
};

}  // namespace rankfill
