// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/line_search.hpp"
#include "kernels/residual.hpp"
#include "kernels/residual_product.hpp"
#include "rankfill/certificate.hpp"
#include "solvers/factor_span.hpp"
#include "solvers/gradient.hpp"
#include "solvers/lanczos.hpp"

namespace rankfill {

/// R = P(M - U V^T) at one point as a linear operator, its rows and columns divided by the square roots of their weights:
///     S = W^(-1/2) R W'^(-1/2)
/// docs/math.md Eq. 28.  Lanczos runs on the side with fewer numbers: on S^T S, or on S S^T when there are fewer rows.
template <class T, class B>
class ResidualOperator {
 public:
  ResidualOperator(B& backend, const Problem<T, B>& problem, const Factors<T, B>& at)
      : backend_(backend),
        by_row_(problem.observations.by_row),
        by_col_(problem.observations.by_col),
        of_rows_(backend, by_row_.num_entries, "the residuals by row"),
        of_cols_(backend, by_col_.num_entries, "the residuals by column"),
        row_scale_(roots(problem.row_weights, -1)),
        col_scale_(roots(problem.col_weights, -1)),
        rows_(backend, problem.num_rows, "a vector of the certificate"),
        cols_(backend, problem.num_cols, "a vector of the certificate"),
        few_rows_(problem.num_rows < problem.num_cols),
        middle_(backend, squares(few_rows_ ? col_scale_ : row_scale_), "the weights of the certificate") {
    residual(backend, by_row_, at.row, at.col, of_rows_);
    residual(backend, by_col_, at.col, at.row, of_cols_);
  }

  /// w_i^(power / 2) per row; a row without entries has weight 0 and gets 0.  Empty for plain lambda.
  static std::vector<double> roots(const Buffer<T, B>& weights, int power) {
    std::vector<double> scale;
    for (const T w : weights.download()) scale.push_back(w > 0 ? std::pow(static_cast<double>(w), 0.5 * power) : 0);
    return scale;
  }

  ResidualSums sums() const { return read_residual_sums(backend_, by_row_, of_rows_); }

  /// sigma_1(S)^2 and its singular vector on the side with fewer numbers.
  Eigenpair largest(std::uint64_t seed, const LanczosLimits& limits) {
    const std::vector<double>& scale = few_rows_ ? row_scale_ : col_scale_;
    return largest_eigenpair(
        few_rows_ ? by_row_.num_rows : by_row_.num_cols,
        [&](const std::vector<double>& x, std::vector<double>& y) {
          upload_scaled(x, scale, few_rows_ ? rows_ : cols_);
          if (few_rows_) {
            residual_product(backend_, by_col_, of_cols_, middle_, rows_, cols_);
            residual_product(backend_, by_row_, of_rows_, none_, cols_, rows_);
          } else {
            residual_product(backend_, by_row_, of_rows_, middle_, cols_, rows_);
            residual_product(backend_, by_col_, of_cols_, none_, rows_, cols_);
          }
          y = scaled((few_rows_ ? rows_ : cols_).download(), scale);
        },
        seed, limits);
  }

  /// q or p as found by largest(), and what S makes of it.
  struct Pair {
    std::vector<double> row, col;  ///< p and q, |p| = |q| = 1
    double value = 0;              ///< <p, S q>
  };
  Pair pair(const std::vector<double>& found) {
    upload_scaled(found, few_rows_ ? row_scale_ : col_scale_, few_rows_ ? rows_ : cols_);
    if (few_rows_)
      residual_product(backend_, by_col_, of_cols_, none_, rows_, cols_);
    else
      residual_product(backend_, by_row_, of_rows_, none_, cols_, rows_);
    std::vector<double> other = few_rows_ ? scaled(cols_.download(), col_scale_) : scaled(rows_.download(), row_scale_);
    double length = 0;
    for (const double a : other) length += a * a;
    length = std::sqrt(length);
    if (length > 0)
      for (double& a : other) a /= length;
    return few_rows_ ? Pair{found, std::move(other), length} : Pair{std::move(other), found, length};
  }

  /// Columns to append to the factors, docs/math.md Eq. 29: those of the pairs with e_i = <p_i, S q_i> - lambda > 0, times
  /// sqrt(t e_i), t the exact minimiser of F.  `lowers`: by how much.
  struct Columns {
    Factors<T, B> factors;
    double lowers = 0;
  };
  Columns columns(const std::vector<Pair>& pairs, double lambda) const {
    const auto rank = static_cast<int>(pairs.size());
    const auto fill = [&](Factors<T, B>& x, double t) {
      x.row.values.upload(matrix(pairs, &Pair::row, row_scale_, lambda, t));
      x.col.values.upload(matrix(pairs, &Pair::col, col_scale_, lambda, t));
    };
    Columns found{{backend_, by_row_.num_rows, by_row_.num_cols, rank, "the next columns"}};
    Factors<T, B> nowhere(backend_, by_row_.num_rows, by_row_.num_cols, rank, "zeros");
    nowhere.fill_zero();
    fill(found.factors, 1);
    double slope = 0;
    for (const Pair& pair : pairs) slope += (pair.value - lambda) * (pair.value - lambda);
    const double curvature = read_line_sums(backend_, by_row_, nowhere, found.factors).cc;
    fill(found.factors, slope / curvature);
    found.lowers = slope * slope / (2 * curvature);
    return found;
  }

 private:
  static std::vector<double> squares(std::vector<double> x) {
    for (double& a : x) a *= a;
    return x;
  }
  static std::vector<double> scaled(std::vector<double> x, const std::vector<double>& scale) {
    for (std::size_t i = 0; i < scale.size(); ++i) x[i] *= scale[i];
    return x;
  }
  /// Row-major, column i: sqrt(t e_i) times one side of pair i, unscaled.
  static std::vector<T> matrix(const std::vector<Pair>& pairs, std::vector<double> Pair::*side,
                               const std::vector<double>& scale, double lambda, double t) {
    const std::size_t rank = pairs.size(), num_rows = (pairs.front().*side).size();
    std::vector<T> x(num_rows * rank);
    for (std::size_t k = 0; k < rank; ++k) {
      const double size = std::sqrt(t * (pairs[k].value - lambda));
      const std::vector<double> column = scaled(pairs[k].*side, scale);
      for (std::size_t i = 0; i < num_rows; ++i) x[i * rank + k] = static_cast<T>(size * column[i]);
    }
    return x;
  }
  static void upload_scaled(const std::vector<double>& x, const std::vector<double>& scale, Buffer<double, B>& to) {
    to.upload(scaled(x, scale));
  }

  B& backend_;
  const Csr<T, B>&by_row_, &by_col_;
  Buffer<T, B> of_rows_, of_cols_;             ///< R in both orders
  std::vector<double> row_scale_, col_scale_;  ///< W^(-1/2), W'^(-1/2)
  Buffer<double, B> rows_, cols_, none_;
  bool few_rows_;
  Buffer<double, B> middle_;  ///< weights between the two products: W^-1 or W'^-1
};

/// A certificate, and when it says that the rank is too small, columns to append: at least 4, or half as many again as there are,
/// where there are so many directions.  In the order of the problem's places.
template <class T, class B>
struct Certified {
  Certificate certificate;
  Factors<T, B> next;  ///< rank 0: none
};

/// The certificate of a point.  docs/math.md Eq. 25-31.  lambda > 0; `relative_gradient` is the point's.  Waits.
template <class T, class B>
Certified<T, B> certify(B& backend, const Problem<T, B>& problem, const Factors<T, B>& at, double relative_gradient,
                        std::uint64_t seed) {
  constexpr double kRankThreshold = 1e-6;
  Certified<T, B> result;
  Certificate& c = result.certificate;
  c.rank = at.row.rank;
  c.relative_gradient = relative_gradient;
  ResidualOperator<T, B> s(backend, problem, at);
  const ResidualSums sums = s.sums();
  c.objective = sums.rr / 2 + penalty(backend, problem, at);

  const Eigenpair top =
      s.largest(seed, {.next = std::max(4, (c.rank + 1) / 2) - 1, .next_above = problem.lambda * problem.lambda});
  constexpr double kRounding = 1e-12;  // of products and sums in double
  const double below = std::sqrt(top.value), above = std::sqrt(top.value + top.residual) * (1 + kRounding);
  c.lanczos_steps = top.steps;
  c.spectral_norm_ratio = below / problem.lambda;
  c.spectral_norm_bound = above / problem.lambda;

  // Y = t R, t in [0, lambda / sigma_1] where the parabola D(t R) is largest
  if (above > 0) {
    const double t = std::clamp(sums.rm / sums.rr, 0.0, 1 / c.spectral_norm_bound);
    c.dual_objective = t * (sums.rm - t / 2 * sums.rr);
  }
  c.relative_gap = c.objective > 0 ? std::max(0.0, 1 - c.dual_objective / c.objective) : 0;

  const auto span = [&](const Factor<T, B>& x, const Buffer<T, B>& weights, const std::vector<double>& direction) {
    return factor_span(x.values.download(), x.rank, ResidualOperator<T, B>::roots(weights, 1), direction);
  };
  std::vector<typename ResidualOperator<T, B>::Pair> pairs{s.pair(top.vector)};
  const FactorSpan rows = span(at.row, problem.row_weights, pairs[0].row),
                   cols = span(at.col, problem.col_weights, pairs[0].col);
  c.effective_rank = effective_rank(rows, cols, c.rank, kRankThreshold);

  if (pairs[0].value <= problem.lambda) return result;
  c.next_column_gain = s.columns(pairs, problem.lambda).lowers / c.objective;
  const bool held = std::max(part_within(rows, c.rank), part_within(cols, c.rank)) > 0.5;
  c.rank_too_small = c.effective_rank == c.rank && !held && 10 * relative_gradient <= c.spectral_norm_ratio - 1;
  if (!c.rank_too_small) return result;
  for (const auto& direction : top.next)
    if (auto next = s.pair(direction); next.value > problem.lambda) pairs.push_back(std::move(next));
  result.next = s.columns(pairs, problem.lambda).factors;
  return result;
}

}  // namespace rankfill
