// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "backend/backend.hpp"
#include "kernels/gradient_block.hpp"
#include "kernels/gradient_projection.hpp"
#include "kernels/gradient_rows.hpp"
#include "kernels/gradient_scatter.hpp"
#include "kernels/regularize.hpp"
#include "kernels/update.hpp"
#include "problem/problem.hpp"

namespace rankfill {

/// What is known of one point (U, V).
struct Measure {
  double squared_error = 0;   ///< sum_p e_p^2
  double penalty = 0;         ///< lambda/2 (sum w_i |u_i|^2 + sum w'_j |v_j|^2)
  double gradient_norm = 0;   ///< |grad F|
  double gradient_scale = 0;  ///< what it is compared with, docs/math.md Eq. 5: |Lambda (U,V)|, or |P(M)| |(U,V)| when
                              ///< lambda = 0
  double objective() const { return squared_error / 2 + penalty; }  ///< Eq. 1
  double relative_gradient() const { return gradient_norm == 0 ? 0 : gradient_norm / gradient_scale; }
};

/// sum_i w_i <x_i, y_i> and sum_i w_i^2 <x_i, y_i> over both factors: kFactorDots numbers of `out` from `first` on, for
/// `factor_dot` to add up once they are on the host.  Enqueues; does not wait.
inline constexpr int kFactorDots = 2 * kWeightedDots;
template <class T, class B>
void factor_dots(B& backend, const Buffer<T, B>& row_weights, const Buffer<T, B>& col_weights, const Factors<T, B>& x,
                 const Factors<T, B>& y, Buffer<double, B>& out, std::int64_t first) {
  weighted_dots(backend, row_weights, x.row, y.row, out, first);
  weighted_dots(backend, col_weights, x.col, y.col, out, first + kWeightedDots);
}
template <class T, class B>
void factor_dots(B& backend, const Factors<T, B>& x, const Factors<T, B>& y, Buffer<double, B>& out,
                 std::int64_t first) {
  const Buffer<T, B> plain;
  factor_dots(backend, plain, plain, x, y, out, first);
}
inline double factor_dot(const double* dots, int power = 1) {
  return dots[power - 1] + dots[kWeightedDots + power - 1];
}

/// What the size of a point says of it.
struct Norms {
  double penalty = 0;         ///< as in Measure
  double gradient_scale = 0;  ///< as in Measure
  bool finite = true;         ///< no number of the point is infinite or NaN
};

/// Enqueues the kFactorDots numbers that `norms` reads; with lambda = 0, unweighted ones.
template <class T, class B>
void enqueue_norms(B& backend, const Problem<T, B>& problem, const Factors<T, B>& at, Buffer<double, B>& out,
                   std::int64_t first) {
  if (problem.lambda > 0)
    factor_dots(backend, problem.row_weights, problem.col_weights, at, at, out, first);
  else
    factor_dots(backend, at, at, out, first);
}
template <class T, class B>
Norms norms(const Problem<T, B>& problem, const double* dots) {
  const double once = factor_dot(dots, 1), twice = factor_dot(dots, 2);
  const double values = problem.value_rms * std::sqrt(static_cast<double>(problem.num_entries));  // |P(M)|
  return {.penalty = problem.lambda / 2 * once,
          .gradient_scale = problem.lambda > 0 ? problem.lambda * std::sqrt(twice) : values * std::sqrt(once),
          .finite = std::isfinite(once)};
}

/// lambda/2 (...) of Eq. 1.  Waits.
template <class T, class B>
double penalty(B& backend, const Problem<T, B>& problem, const Factors<T, B>& at) {
  return problem.lambda / 2 *
         (read_weighted_dot(backend, problem.row_weights, 1, at.row, at.row) +
          read_weighted_dot(backend, problem.col_weights, 1, at.col, at.col));
}

/// <x, y> over one factor.  Waits.
template <class T, class B>
double dot(B& backend, const Factor<T, B>& x, const Factor<T, B>& y) {
  const Buffer<T, B> plain;
  return read_weighted_dot(backend, plain, 1, x, y);
}

/// <a, b> over both factors.  Waits.
template <class T, class B>
double dot(B& backend, const Factors<T, B>& a, const Factors<T, B>& b) {
  const Buffer<T, B> plain;
  return read_weighted_dot(backend, plain, 1, a.row, b.row) + read_weighted_dot(backend, plain, 1, a.col, b.col);
}

/// y = alpha x + beta y over both factors.
template <class T, class B>
void update(B& backend, double alpha, const Factors<T, B>& x, double beta, Factors<T, B>& y) {
  update(backend, alpha, x.row, beta, y.row);
  update(backend, alpha, x.col, beta, y.col);
}

/// grad F in the formulation of the problem.  docs/math.md Eq. 3, 6-10.  Holds the scratch the formulation needs.
template <class T, class B>
class Gradient {
 public:
  Gradient(B& backend, Problem<T, B>& problem)
      : backend_(backend), problem_(problem), sums_(backend, 1 + 2 * kFactorDots, "sums") {
    if (problem.formulation == Formulation::projection)
      residual_ = {backend, problem.num_entries, "the projected residual"};
  }

  /// Overwrites `gradient`; returns the sum of squared residuals.  Waits.
  double evaluate(const Factors<T, B>& at, Factors<T, B>& gradient) {
    enqueue(at, gradient);
    return sums_.download()[0];
  }

  /// evaluate(), and everything else there is to know of the point.  Waits once.
  Measure measure(const Factors<T, B>& at, Factors<T, B>& gradient) {
    enqueue(at, gradient);
    enqueue_norms(backend_, problem_, at, sums_, 1);
    factor_dots(backend_, gradient, gradient, sums_, 1 + kFactorDots);
    const std::vector<double> sums = sums_.download();
    const Norms n = norms(problem_, sums.data() + 1);
    return {.squared_error = sums[0],
            .penalty = n.penalty,
            .gradient_norm = std::sqrt(factor_dot(sums.data() + 1 + kFactorDots)),
            .gradient_scale = n.gradient_scale};
  }

  /// Passes over the entries that one evaluation costs.
  double passes() const { return problem_.formulation == Formulation::projection ? 4 : 2; }

 private:
  /// The gradient, and the sum of squared residuals to sums_[0].
  void enqueue(const Factors<T, B>& at, Factors<T, B>& gradient) {
    switch (problem_.formulation) {
      case Formulation::block:
      case Formulation::dense: gradient_block(backend_, problem_.block, at, gradient, sums_); break;
      case Formulation::projection:
        gradient_projection(backend_, problem_.observations, at, residual_, gradient, sums_);
        break;
      case Formulation::scatter: gradient_scatter(backend_, problem_.observations, at, gradient, sums_); break;
      default:
        gradient_rows(backend_, problem_.observations.by_col, at.col, at.row, Gather::full, gradient.col, sums_);
        gradient_rows(backend_, problem_.observations.by_row, at.row, at.col, Gather::full, gradient.row, sums_);
    }
    add_regularization(backend_, problem_.lambda, problem_.row_weights, at.row, gradient.row);
    add_regularization(backend_, problem_.lambda, problem_.col_weights, at.col, gradient.col);
  }

  B& backend_;
  Problem<T, B>& problem_;
  Buffer<double, B> sums_;
  Buffer<T, B> residual_;
};

}  // namespace rankfill
