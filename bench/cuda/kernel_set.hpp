// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "backend/cuda.hpp"
#include "kernels/als_half.hpp"
#include "problem/problem.hpp"

// A problem on the device with everything a kernel under test may want, and float64 answers for some of its rows.

namespace rankfill::bench {

template <class T>
struct KernelSet {
  KernelSet(CudaBackend& backend, const HostProblem& host, int rank, Formulation formulation)
      : backend(backend),
        host(host),
        rank(rank),
        problem(upload_problem<T>(backend, host, rank, formulation, true)),
        row_start(random_start(1, 0, host.by_row.row_ptr, rank, host.value_rms)),
        col_start(random_start(1, 1, host.by_col.row_ptr, rank, host.value_rms)),
        start(backend, problem.num_rows, problem.num_cols, rank, "the start"),
        at(backend, problem.num_rows, problem.num_cols, rank, "the factors"),
        gradient(backend, problem.num_rows, problem.num_cols, rank, "the gradient"),
        residual(backend, problem.num_entries, "residuals"),
        squared_error(backend, 1, "a sum"),
        sums(backend, kHalfSweepSums, "sums") {
    start.row.values.upload(rankfill::detail::cast<T>(row_start));
    start.col.values.upload(rankfill::detail::cast<T>(col_start));
    at.copy_from(start);
    // what the device starts from, exactly
    row_start = as_doubles(start.row.values.download());
    col_start = as_doubles(start.col.values.download());
  }

  static std::vector<double> as_doubles(const std::vector<T>& x) { return {x.begin(), x.end()}; }

  CudaBackend& backend;
  const HostProblem& host;
  int rank;
  Problem<T, CudaBackend> problem;
  std::vector<double> row_start, col_start;
  Factors<T, CudaBackend> start, at, gradient;
  Buffer<T, CudaBackend> residual;
  Buffer<double, CudaBackend> squared_error, sums;
};

/// One orientation of a problem on the host, and some of its rows: the longest, and others evenly spread.
class SampledRows {
 public:
  /// `lambda` times n_i^weighting is the regularization of row i.
  SampledRows(const HostCsr& m, const std::vector<double>& v, int rank, double lambda, double weighting)
      : m_(m), v_(v), rank_(static_cast<std::size_t>(rank)), lambda_(lambda), weighting_(weighting) {
    std::int64_t longest = 0;
    for (std::int64_t row = 0; row < m.num_rows; ++row)
      if (length(row) > length(longest)) longest = row;
    rows_.push_back(longest);
    constexpr std::int64_t some = 24;
    for (std::int64_t s = 0; s < some; ++s) rows_.push_back(m.num_rows * s / some);
  }

  /// Is g the gradient of the data term at u, up to rounding in numbers of precision `epsilon`?
  ///     g_i = - sum_j e_j v_j      error of a term: (rank + 4) epsilon (|m_j| + |u_i| |v_j|) |v_j|, of its sum: n_i epsilon
  template <class T>
  bool is_gradient(const std::vector<double>& u, const std::vector<T>& g, double epsilon) const {
    for (const std::int64_t row : rows_) {
      const Row exact = at_row(u, row, 0);
      const double allowed =
          4 * (static_cast<double>(rank_) + static_cast<double>(length(row)) + 4) * epsilon * exact.magnitude;
      for (std::size_t k = 0; k < rank_; ++k) {
        const double difference = double{g[static_cast<std::size_t>(row) * rank_ + k]} - exact.gradient[k];
        if (!(std::abs(difference) <= allowed)) return false;  // a NaN is no number below
      }
    }
    return true;
  }

  /// Did the rows that were `before` get to (`exact`: their minimiser; else: somewhere lower)?
  template <class T>
  bool is_half_sweep(const std::vector<double>& before, const std::vector<T>& after, bool exact) const {
    double norm_before = 0, norm_after = 0, objective_before = 0, objective_after = 0;
    for (const std::int64_t row : rows_) {
      const double scaled = length(row) > 0 ? lambda_ * std::pow(static_cast<double>(length(row)), weighting_) : 0;
      const Row old = at_row(before, row, scaled), fresh = at_row(after, row, scaled);
      for (std::size_t k = 0; k < rank_; ++k) {
        norm_before += old.gradient[k] * old.gradient[k];
        norm_after += fresh.gradient[k] * fresh.gradient[k];
      }
      objective_before += old.objective;
      objective_after += fresh.objective;
    }
    // The gradient falls by the rounding of the gathered numbers times the condition of the rows' systems; a wrong solution
    // leaves it where it was or raises it.  A float16 gather keeps three digits of each term.
    return objective_after < objective_before && (!exact || norm_after <= 0.05 * 0.05 * norm_before);
  }

 private:
  struct Row {
    std::vector<double> gradient;
    double magnitude = 0;  ///< sum_j (|m_j| + |u| |v_j|) |v_j|
    double objective = 0;
  };

  std::int64_t length(std::int64_t row) const {
    return m_.row_ptr[static_cast<std::size_t>(row) + 1] - m_.row_ptr[static_cast<std::size_t>(row)];
  }

  template <class T>
  Row at_row(const std::vector<T>& u, std::int64_t row, double lambda) const {
    const auto first = u.begin() + row * static_cast<std::int64_t>(rank_);
    const std::vector<double> x(first, first + static_cast<std::int64_t>(rank_));
    Row r{std::vector<double>(rank_), 0, 0};
    double norm = 0;
    for (std::size_t k = 0; k < rank_; ++k) {
      norm += x[k] * x[k];
      r.gradient[k] = lambda * x[k];
    }
    r.objective = lambda * norm / 2;
    for (std::int64_t p = m_.row_ptr[static_cast<std::size_t>(row)]; p < m_.row_ptr[static_cast<std::size_t>(row) + 1];
         ++p) {
      const auto entry = static_cast<std::size_t>(p);
      const double* y = v_.data() + static_cast<std::size_t>(m_.col_idx[entry]) * rank_;
      double e = m_.values[entry], length_squared = 0;
      for (std::size_t k = 0; k < rank_; ++k) {
        e -= x[k] * y[k];
        length_squared += y[k] * y[k];
      }
      for (std::size_t k = 0; k < rank_; ++k) r.gradient[k] -= e * y[k];
      r.objective += e * e / 2;
      r.magnitude += (std::abs(m_.values[entry]) + std::sqrt(norm * length_squared)) * std::sqrt(length_squared);
    }
    return r;
  }

  const HostCsr& m_;
  const std::vector<double>& v_;
  std::size_t rank_;
  double lambda_, weighting_;
  std::vector<std::int64_t> rows_;
};

}  // namespace rankfill::bench
