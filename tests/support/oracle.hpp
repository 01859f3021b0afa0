// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <vector>

#include "kernels/line_search.hpp"
#include "problem/problem.hpp"

// Dense, float64, slow: what every kernel is held against.  Itself held against numbers worked out by hand in
// tests/kernels/oracle_test.cpp.

namespace rankfill::testing::oracle {

/// A dense m x n matrix with a mask: mask 0 means not observed.
struct Dense {
  std::int64_t m = 0, n = 0;
  std::vector<double> value, mask;
  double& at(std::int64_t i, std::int64_t j) { return value[static_cast<std::size_t>(i * n + j)]; }
  double at(std::int64_t i, std::int64_t j) const { return value[static_cast<std::size_t>(i * n + j)]; }
  double seen(std::int64_t i, std::int64_t j) const { return mask[static_cast<std::size_t>(i * n + j)]; }
};

inline double entry(const std::vector<double>& x, std::int64_t row, int rank, int k) {
  return x[static_cast<std::size_t>(row * rank + k)];
}

/// P o (M - U V^T)
inline Dense residual(const Dense& d, const std::vector<double>& u, const std::vector<double>& v, int rank) {
  Dense r = d;
  for (std::int64_t i = 0; i < d.m; ++i)
    for (std::int64_t j = 0; j < d.n; ++j) {
      double product = 0;
      for (int k = 0; k < rank; ++k) product += entry(u, i, rank, k) * entry(v, j, rank, k);
      r.at(i, j) = d.seen(i, j) * (d.at(i, j) - product);
    }
  return r;
}

inline double sum_of_squares(const std::vector<double>& x) {
  double sum = 0;
  for (const double a : x) sum += a * a;
  return sum;
}

/// -R V (m x k)
inline std::vector<double> row_gradient(const Dense& r, const std::vector<double>& v, int rank) {
  std::vector<double> g(static_cast<std::size_t>(r.m * rank), 0.0);
  for (std::int64_t i = 0; i < r.m; ++i)
    for (std::int64_t j = 0; j < r.n; ++j)
      for (int k = 0; k < rank; ++k) g[static_cast<std::size_t>(i * rank + k)] -= r.at(i, j) * entry(v, j, rank, k);
  return g;
}

inline Dense transpose(const Dense& d) {
  Dense t{d.n, d.m, d.value, d.mask};
  for (std::int64_t i = 0; i < d.m; ++i)
    for (std::int64_t j = 0; j < d.n; ++j) {
      t.at(j, i) = d.at(i, j);
      t.mask[static_cast<std::size_t>(j * d.m + i)] = d.seen(i, j);
    }
  return t;
}

/// The six sums of LineSums.
inline LineSums line_sums(const Dense& d, const std::vector<double>& u, const std::vector<double>& v,
                          const std::vector<double>& du, const std::vector<double>& dv, int rank) {
  LineSums s;
  for (std::int64_t i = 0; i < d.m; ++i)
    for (std::int64_t j = 0; j < d.n; ++j) {
      double e = d.at(i, j), b = 0, c = 0;
      for (int k = 0; k < rank; ++k) {
        e -= entry(u, i, rank, k) * entry(v, j, rank, k);
        b += entry(du, i, rank, k) * entry(v, j, rank, k) + entry(u, i, rank, k) * entry(dv, j, rank, k);
        c += entry(du, i, rank, k) * entry(dv, j, rank, k);
      }
      const double w = d.seen(i, j);
      s.ee += w * e * e, s.eb += w * e * b, s.ec += w * e * c, s.bb += w * b * b, s.bc += w * b * c, s.cc += w * c * c;
    }
  return s;
}

/// argmin over row i of the objective with V held: (sum v v^T + lambda I)^-1 sum m v, by Gaussian elimination.
inline std::vector<double> best_row(const Dense& d, std::int64_t i, const std::vector<double>& v, int rank,
                                    double lambda) {
  const auto k = static_cast<std::size_t>(rank);
  std::vector<double> a(k * k, 0.0), b(k, 0.0);
  for (std::int64_t j = 0; j < d.n; ++j) {
    if (d.seen(i, j) == 0) continue;
    for (int r = 0; r < rank; ++r) {
      b[static_cast<std::size_t>(r)] += d.at(i, j) * entry(v, j, rank, r);
      for (int c = 0; c < rank; ++c)
        a[static_cast<std::size_t>(r) * k + static_cast<std::size_t>(c)] += entry(v, j, rank, r) * entry(v, j, rank, c);
    }
  }
  for (std::size_t r = 0; r < k; ++r) a[r * k + r] += lambda;
  for (std::size_t p = 0; p < k; ++p)
    for (std::size_t r = p + 1; r < k; ++r) {
      const double f = a[r * k + p] / a[p * k + p];
      for (std::size_t c = p; c < k; ++c) a[r * k + c] -= f * a[p * k + c];
      b[r] -= f * b[p];
    }
  for (std::size_t p = k; p-- > 0;) {
    for (std::size_t c = p + 1; c < k; ++c) b[p] -= a[p * k + c] * b[c];
    b[p] /= a[p * k + p];
  }
  return b;
}

}  // namespace rankfill::testing::oracle
