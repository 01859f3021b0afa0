// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "backend/backend.hpp"
#include "kernels/gradient_block.hpp"
#include "kernels/gradient_projection.hpp"
#include "kernels/gradient_rows.hpp"
#include "kernels/gradient_scatter.hpp"
#include "kernels/regularize.hpp"
#include "problem/problem.hpp"

namespace rankfill {

/// What is known of one point (U, V).
struct Measure {
  double squared_error = 0;   ///< sum_p e_p^2
  double penalty = 0;         ///< lambda/2 (sum w_i |u_i|^2 + sum w'_j |v_j|^2)
  double gradient_norm = 0;   ///< |grad F|
  double gradient_scale = 0;  ///< what it is compared with: |Lambda (U,V)|, docs/math.md Eq. 5
  double objective() const { return squared_error / 2 + penalty; }  ///< Eq. 1
  double relative_gradient() const { return gradient_norm == 0 ? 0 : gradient_norm / gradient_scale; }
};

/// lambda/2 (...) of Eq. 1.
template <class T, class B>
double penalty(B& backend, const Problem<T, B>& problem, const Factors<T, B>& at) {
  return problem.lambda / 2 *
         (read_weighted_dot(backend, problem.row_weights, 1, at.row, at.row) +
          read_weighted_dot(backend, problem.col_weights, 1, at.col, at.col));
}

/// The denominator of Eq. 5: |Lambda (U,V)|, or |P(M)| |(U,V)| when lambda = 0.
template <class T, class B>
double gradient_scale(B& backend, const Problem<T, B>& problem, const Factors<T, B>& at) {
  if (problem.lambda > 0)
    return problem.lambda * std::sqrt(read_weighted_dot(backend, problem.row_weights, 2, at.row, at.row) +
                                      read_weighted_dot(backend, problem.col_weights, 2, at.col, at.col));
  const Buffer<T, B> plain;
  return problem.value_rms * std::sqrt(static_cast<double>(problem.num_entries)) *
         std::sqrt(read_weighted_dot(backend, plain, 1, at.row, at.row) +
                   read_weighted_dot(backend, plain, 1, at.col, at.col));
}

/// <a, b> over both factors.
template <class T, class B>
double dot(B& backend, const Factors<T, B>& a, const Factors<T, B>& b) {
  const Buffer<T, B> plain;
  return read_weighted_dot(backend, plain, 1, a.row, b.row) + read_weighted_dot(backend, plain, 1, a.col, b.col);
}

/// grad F in the formulation of the problem.  docs/math.md Eq. 3, 6-10.  Holds the scratch the formulation needs.
template <class T, class B>
class Gradient {
 public:
  Gradient(B& backend, Problem<T, B>& problem)
      : backend_(backend), problem_(problem), squared_error_(backend, 1, "a sum") {
    if (problem.formulation == Formulation::projection)
      residual_ = {backend, problem.num_entries, "the projected residual"};
  }

  /// Overwrites `gradient`; returns the sum of squared residuals.  Waits.
  double evaluate(const Factors<T, B>& at, Factors<T, B>& gradient) {
    switch (problem_.formulation) {
      case Formulation::block:
      case Formulation::dense: gradient_block(backend_, problem_.block, at, gradient, squared_error_); break;
      case Formulation::projection:
        gradient_projection(backend_, problem_.observations, at, residual_, gradient, squared_error_);
        break;
      case Formulation::scatter: gradient_scatter(backend_, problem_.observations, at, gradient, squared_error_); break;
      default:
        gradient_rows(backend_, problem_.observations.by_col, at.col, at.row, Gather::full, gradient.col,
                      squared_error_);
        gradient_rows(backend_, problem_.observations.by_row, at.row, at.col, Gather::full, gradient.row,
                      squared_error_);
    }
    add_regularization(backend_, problem_.lambda, problem_.row_weights, at.row, gradient.row);
    add_regularization(backend_, problem_.lambda, problem_.col_weights, at.col, gradient.col);
    return squared_error_.download()[0];
  }

  /// evaluate(), and everything else there is to know of the point.
  Measure measure(const Factors<T, B>& at, Factors<T, B>& gradient) {
    Measure m;
    m.squared_error = evaluate(at, gradient);
    m.penalty = penalty(backend_, problem_, at);
    m.gradient_norm = std::sqrt(dot(backend_, gradient, gradient));
    m.gradient_scale = gradient_scale(backend_, problem_, at);
    return m;
  }

  /// Passes over the entries that one evaluation costs.
  double passes() const { return problem_.formulation == Formulation::projection ? 4 : 2; }

 private:
  B& backend_;
  Problem<T, B>& problem_;
  Buffer<double, B> squared_error_;
  Buffer<T, B> residual_;
};

}  // namespace rankfill
