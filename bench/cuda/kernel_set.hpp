// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_fp16.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "backend/cuda.hpp"
#include "kernels/als_half.hpp"
#include "kernels/factor_rows.hpp"
#include "kernels/random_start.hpp"
#include "problem/prepare.hpp"

// A prepared problem on the device with everything a kernel under test may want, and float64 answers for some of its rows.

namespace rankfill::bench {

template <class T>
struct KernelSet {
  /// `dense`: the observed block is wanted too.
  KernelSet(CudaBackend& backend, const Entries& entries, const Options& options, bool dense)
      : backend(backend),
        rank(options.rank),
        problem(prepare<T>(backend, entries, options, nullptr)),
        start(backend, problem.num_rows, problem.num_cols, rank, "the start"),
        at(backend, problem.num_rows, problem.num_cols, rank, "the factors"),
        gradient(backend, problem.num_rows, problem.num_cols, rank, "the gradient"),
        residual(backend, problem.num_entries, "residuals"),
        squared_error(backend, 1, "a sum"),
        sums(backend, kHalfSweepSums, "sums") {
    const auto& o = problem.observations;
    random_start(backend, 1, 0, o.by_row.row_ptr, problem.row_order, problem.value_rms, start.row);
    random_start(backend, 1, 1, o.by_col.row_ptr, problem.col_order, problem.value_rms, start.col);
    at.copy_from(start);
    row_start = as_doubles(start.row.values.download());
    col_start = as_doubles(start.col.values.download());
    row_start_half = as_float16(row_start);
    col_start_half = as_float16(col_start);
    use_formulation(backend, problem, Formulation::scatter);
    if (dense) use_formulation(backend, problem, Formulation::dense);
  }

  /// Of the side whose systems VP-LBFGS keeps: the one with fewer rows.
  bool rows_are_outer() const { return problem.num_rows < problem.num_cols; }

  static std::vector<double> as_doubles(const std::vector<T>& x) { return {x.begin(), x.end()}; }

  /// The numbers that a float16 gather fetches: scaled by the power of two that takes the largest to 2^14 or above, rounded.
  static std::vector<double> as_float16(std::vector<double> x) {
    double largest = 0;
    for (const double number : x) largest = std::max(largest, std::abs(number));
    const double scale = largest > 0 ? std::exp2(14 - std::ilogb(largest)) : 1;
    for (double& number : x) number = double{__half2float(__float2half_rn(static_cast<float>(number * scale)))} / scale;
    return x;
  }

  CudaBackend& backend;
  int rank;
  Problem<T, CudaBackend> problem;
  std::vector<double> row_start, col_start, row_start_half, col_start_half;
  Factors<T, CudaBackend> start, at, gradient;
  Buffer<T, CudaBackend> residual;
  Buffer<double, CudaBackend> squared_error, sums;
  std::optional<FactoredRows<T, CudaBackend>> systems;  ///< made by who needs them: they may take more than all else
};

/// Some rows of one orientation, in float64: the longest, and others evenly spread.
class SampledRows {
 public:
  /// v: the factor held.  lambda n_i^weighting is the regularization of row i.
  template <class T>
  SampledRows(CudaBackend& backend, const Csr<T, CudaBackend>& m, const std::vector<double>& v, int rank, double lambda,
              double weighting)
      : v_(v), rank_(static_cast<std::size_t>(rank)) {
    const std::vector<std::int64_t> row_ptr = m.row_ptr.download();
    const auto length = [&](std::int64_t row) {
      return row_ptr[static_cast<std::size_t>(row) + 1] - row_ptr[static_cast<std::size_t>(row)];
    };
    std::int64_t longest = 0;
    for (std::int64_t row = 0; row < m.num_rows; ++row)
      if (length(row) > length(longest)) longest = row;
    std::vector<std::int64_t> chosen = {longest};
    constexpr std::int64_t some = 24;
    for (std::int64_t s = 0; s < some; ++s) chosen.push_back(m.num_rows * s / some);
    for (const std::int64_t row : chosen) {
      const std::int64_t first = row_ptr[static_cast<std::size_t>(row)], count = length(row);
      const double scaled = count > 0 ? lambda * std::pow(static_cast<double>(count), weighting) : 0;
      rows_.push_back({row, scaled, columns(backend, m, first, count), values(backend, m, first, count)});
    }
  }

  /// Is g the gradient of the data term at u, up to rounding in numbers of precision `epsilon`?
  ///     g_i = - sum_j e_j v_j      error of a term: (rank + 4) epsilon (|m_j| + |u_i| |v_j|) |v_j|, of its sum: chain epsilon,
  /// where no sum is of more than 1024 entries, or of more than all such parts of a row
  template <class T>
  bool is_gradient(const std::vector<double>& u, const std::vector<T>& g, double epsilon) const {
    for (const Row& row : rows_) {
      const Point exact = at_row(u, row, 0);
      const auto count = static_cast<double>(row.values.size());
      const double chain = std::min(count, 1024 + count / 1024);
      const double allowed = 4 * (static_cast<double>(rank_) + 4 + chain) * epsilon * exact.magnitude;
      for (std::size_t k = 0; k < rank_; ++k) {
        const double difference = double{g[static_cast<std::size_t>(row.index) * rank_ + k]} - exact.gradient[k];
        if (!(std::abs(difference) <= allowed)) return false;  // a NaN is no number below
      }
    }
    return true;
  }

  /// Did the rows that were `before` get to (`exact`: their minimiser; else: somewhere lower)?
  template <class T>
  bool is_half_sweep(const std::vector<double>& before, const std::vector<T>& after, bool exact) const {
    double norm_before = 0, norm_after = 0, objective_before = 0, objective_after = 0;
    for (const Row& row : rows_) {
      const Point old = at_row(before, row, row.lambda), fresh = at_row(after, row, row.lambda);
      for (std::size_t k = 0; k < rank_; ++k) {
        norm_before += old.gradient[k] * old.gradient[k];
        norm_after += fresh.gradient[k] * fresh.gradient[k];
      }
      objective_before += old.objective;
      objective_after += fresh.objective;
    }
    // The gradient falls by the rounding of the gathered numbers times the condition of the rows' systems; a wrong solution
    // leaves it where it was or raises it.  Where only the systems are from float16, they keep three digits.
    return objective_after < objective_before && (!exact || norm_after <= 0.05 * 0.05 * norm_before);
  }

 private:
  struct Row {
    std::int64_t index;
    double lambda;
    std::vector<std::int32_t> cols;
    std::vector<double> values;
  };
  struct Point {
    std::vector<double> gradient;
    double magnitude = 0;  ///< sum_j (|m_j| + |u| |v_j|) |v_j|
    double objective = 0;
  };

  /// `count` numbers of a buffer from `first` on, as To.
  template <class To, class From>
  static std::vector<To> slice(CudaBackend& backend, const Buffer<From, CudaBackend>& buffer, std::int64_t first,
                               std::int64_t count) {
    std::vector<From> x(static_cast<std::size_t>(count));
    if (count > 0) backend.download(x.data(), buffer.data() + first, x.size() * sizeof(From));
    return {x.begin(), x.end()};
  }
  template <class T>
  static std::vector<std::int32_t> columns(CudaBackend& backend, const Csr<T, CudaBackend>& m, std::int64_t first,
                                           std::int64_t count) {
    return m.col_idx.empty() ? slice<std::int32_t>(backend, m.narrow_col_idx, first, count)
                             : slice<std::int32_t>(backend, m.col_idx, first, count);
  }
  template <class T>
  static std::vector<double> values(CudaBackend& backend, const Csr<T, CudaBackend>& m, std::int64_t first,
                                    std::int64_t count) {
    if (!m.values.empty()) return slice<double>(backend, m.values, first, count);
    std::vector<double> x = m.codes8.empty() ? slice<double>(backend, m.codes16, first, count)
                                             : slice<double>(backend, m.codes8, first, count);
    for (double& value : x) value = static_cast<T>(std::fma(value, double{m.code_step}, double{m.code_offset}));
    return x;
  }

  template <class T>
  Point at_row(const std::vector<T>& u, const Row& row, double lambda) const {
    const auto first = u.begin() + row.index * static_cast<std::int64_t>(rank_);
    const std::vector<double> x(first, first + static_cast<std::int64_t>(rank_));
    Point point{std::vector<double>(rank_), 0, 0};
    double norm = 0;
    for (std::size_t k = 0; k < rank_; ++k) {
      norm += x[k] * x[k];
      point.gradient[k] = lambda * x[k];
    }
    point.objective = lambda * norm / 2;
    for (std::size_t p = 0; p < row.values.size(); ++p) {
      const double* y = v_.data() + static_cast<std::size_t>(row.cols[p]) * rank_;
      double e = row.values[p], length_squared = 0;
      for (std::size_t k = 0; k < rank_; ++k) {
        e -= x[k] * y[k];
        length_squared += y[k] * y[k];
      }
      for (std::size_t k = 0; k < rank_; ++k) point.gradient[k] -= e * y[k];
      point.objective += e * e / 2;
      point.magnitude += (std::abs(row.values[p]) + std::sqrt(norm * length_squared)) * std::sqrt(length_squared);
    }
    return point;
  }

  const std::vector<double>& v_;
  std::size_t rank_;
  std::vector<Row> rows_;
};

}  // namespace rankfill::bench
