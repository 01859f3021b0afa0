// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/support/kernel_case.hpp"

// Small problems with every kind of row that a plan knows, stored in every way that a Csr knows, and what a gather over
// them must give, with an error bound for each number.

namespace rankfill::testing {

/// What an observed value looks like, and so how a backend that stores entries narrowly keeps it.
enum class Values { plain, codes8, codes16 };
inline constexpr Values kAllValues[] = {Values::plain, Values::codes8, Values::codes16};

inline double value_like(Values values, double x) {  // x in (-1, 1)
  if (values == Values::codes8) return std::round(x * 5) / 2;
  if (values == Values::codes16) return std::round(x * 500) / 64;
  return static_cast<float>(x);
}

/// Lengths at which plan_rows(row_ptr, 7, 2) makes empty rows, short rows (of which the last warp has some, whatever its
/// groups), rows of one chunk, full and not, and split rows of chunks of 6 and 7.
inline constexpr int kRaggedLengths[] = {5, 0, 1, 26, 2, 7, 3, 0, 13, 1, 2, 1, 1, 6};
inline constexpr std::int64_t kRaggedChunk = 7, kRaggedShort = 2;

inline Case ragged_case(const char* why, int rank, Values values) {
  constexpr std::int64_t m = std::size(kRaggedLengths), n = 26;
  Case c{why, {m, n, {}, {}}, rank, numbers(1, m, rank), numbers(2, n, rank), {}, {}};
  c.du.resize(c.u.size());
  c.dv.resize(c.v.size());
  c.dense.value.assign(m * n, 0);
  c.dense.mask.assign(m * n, 0);
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t t = 0; t < kRaggedLengths[i]; ++t) {
      const std::int64_t j = (7 * i + 11 * t) % n;  // 11 and 26 have no common factor
      const auto a = static_cast<std::uint32_t>(i), b = static_cast<std::uint32_t>(j);
      c.dense.at(i, j) = value_like(values, number(a, b, 2));
      c.dense.mask[static_cast<std::size_t>(i * n + j)] = 1;
    }
  return c;
}

/// Plans the rows anew, where the backend plans rows.
template <class T, class B>
void replan(B& backend, const HostCsr& host, std::int64_t chunk, std::int64_t short_row, Csr<T, B>& m) {
  if constexpr (B::kPlansRows) m.gradient_plan = upload_plan(backend, plan_rows(host.row_ptr, chunk, short_row));
}

/// Stores columns in 32 bits, as for a matrix of more than 65536 columns.
template <class T, class B>
void widen(B& backend, const HostCsr& host, Csr<T, B>& m) {
  m.narrow_col_idx = {};
  m.col_idx = {backend, host.col_idx, "wide columns"};
}

/// To the nearest float16, ties to even.  Without float16 itself: an oracle.
inline double round_to_half(double x) {
  if (x == 0) return 0;
  const double quantum = std::ldexp(1, std::max(std::ilogb(x), -14) - 10);
  return std::nearbyint(x / quantum) * quantum;
}

/// The factor as a float16 gather sees it: rounded in units of the power of two that takes the largest number into
/// [2^14, 2^15).
inline std::vector<double> as_half(const std::vector<double>& x) {
  double largest = 0;
  for (const double a : x)
    if (std::isfinite(a)) largest = std::max(largest, std::abs(a));
  const double unit = largest == 0 ? 1 : std::ldexp(1, std::ilogb(largest) - 14);
  std::vector<double> rounded(x.size());
  std::transform(x.begin(), x.end(), rounded.begin(), [unit](double a) { return round_to_half(a / unit) * unit; });
  return rounded;
}

/// What one gather over the rows of a case gives.
struct Gathered {
  std::vector<double> gradient, gradient_within;
  double squares = 0, squares_within = 0;
};

/// v: the numbers that are fetched.  With s_j = max |m| + sum_k |u_k v_jk|, which bounds e_j and every number on the way to
/// it, a residual is off by at most (rank + 2) eps s_j: rank products and sums, the value, the difference.  In a gradient that
/// is multiplied by v_jk, and up to n_i + 2 more roundings of sums of at most sum_j s_j |v_jk| are added; likewise for the
/// squares.  Bounds of first order, doubled for the higher ones.
template <class T>
Gathered gather_oracle(const Case& c, const std::vector<double>& v) {
  constexpr double eps = std::numeric_limits<T>::epsilon();
  const auto rank = static_cast<std::size_t>(c.rank);
  Gathered out;
  out.gradient.assign(c.u.size(), 0);
  out.gradient_within.assign(c.u.size(), 0);
  double largest = 0;
  for (const double m : c.dense.value) largest = std::max(largest, std::abs(m));
  for (std::int64_t i = 0; i < c.dense.m; ++i) {
    const double* u_i = c.u.data() + static_cast<std::size_t>(i) * rank;
    double count = 0;
    for (std::int64_t j = 0; j < c.dense.n; ++j) count += c.dense.seen(i, j);
    for (std::int64_t j = 0; j < c.dense.n; ++j) {
      if (c.dense.seen(i, j) == 0) continue;
      const double* v_j = v.data() + static_cast<std::size_t>(j) * rank;
      double e = c.dense.at(i, j), s = largest;
      for (std::size_t k = 0; k < rank; ++k) {
        e -= u_i[k] * v_j[k];
        s += std::abs(u_i[k] * v_j[k]);
      }
      const double roundings = 2 * (static_cast<double>(rank) + count + 4) * eps;
      for (std::size_t k = 0; k < rank; ++k) {
        out.gradient[static_cast<std::size_t>(i) * rank + k] -= e * v_j[k];
        out.gradient_within[static_cast<std::size_t>(i) * rank + k] += roundings * s * std::abs(v_j[k]);
      }
      out.squares += e * e;
      out.squares_within += 2 * roundings * s * s;
    }
  }
  return out;
}

inline constexpr int kGatherRanks[] = {1, 3, 8, 16, 31, 32, 48, 64, 96, 100, 128, 192, 200, 256, 384, 512, 768, 1024};

}  // namespace rankfill::testing
