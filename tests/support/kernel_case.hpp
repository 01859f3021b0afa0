// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "problem/host_problem.hpp"
#include "tests/support/oracle.hpp"
#include "test_backends.hpp"

namespace rankfill::testing {

/// A seeded number in (-1, 1) named by three counters.
inline double number(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return philox({a, b, c, 7}, {11, 13})[0] * 0x1p-31 - 1;
}

/// One problem shape, dense on the host.  Why each is there stands in `shapes()`.
struct Case {
  const char* why;
  oracle::Dense dense;
  int rank;
  std::vector<double> u, v, du, dv;

  double weight(std::int64_t i) const { return 0.5 + static_cast<double>(i % 3); }
};

inline std::vector<double> numbers(std::uint32_t stream, std::int64_t rows, int rank) {
  std::vector<double> x(static_cast<std::size_t>(rows * rank));
  // float32 numbers, so that both scalars start from the same values
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(number(stream, static_cast<std::uint32_t>(i), 1));
  return x;
}

/// `density` in percent; row 1 and column 2 stay empty when there are that many; row `full` is observed entirely.
inline Case make_case(const char* why, std::int64_t m, std::int64_t n, int rank, std::uint32_t density,
                      std::int64_t full = -1) {
  Case c{why, {m, n, {}, {}}, rank, numbers(1, m, rank), numbers(2, n, rank), numbers(3, m, rank), numbers(4, n, rank)};
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      const auto a = static_cast<std::uint32_t>(i), b = static_cast<std::uint32_t>(j);
      const bool drawn = philox({a, b, 0, 1}, {5, 0})[0] % 100 < density;
      const bool seen = (i == full || (drawn && !(m > 2 && i == 1))) && !(n > 3 && j == 2);
      c.dense.value.push_back(seen ? static_cast<float>(number(a, b, 2)) : 0.0);
      c.dense.mask.push_back(seen ? 1 : 0);
    }
  return c;
}

inline std::vector<Case> shapes() {
  return {make_case("one entry, rank 1", 1, 1, 1, 100),
          make_case("empty row and column, rank 3", 7, 6, 3, 40),
          make_case("rank 8: a multiple of the vector width", 9, 11, 8, 50),
          make_case("rank 31: one lane idle", 6, 9, 31, 60),
          make_case("rank 32: one warp exactly", 6, 9, 32, 60),
          make_case("rank 33: one number into the second step", 5, 7, 33, 60),
          make_case("rank 100: several tiles, not a multiple", 4, 6, 100, 70),
          make_case("one row of 300 entries among short ones: crosses every staging size", 4, 300, 5, 3, 2),
          make_case("more rows than the warps of a block", 40, 5, 4, 50),
          make_case("one column: every entry adds to the same row of the column gradient, at once", 12, 1, 3, 80)};
}

inline Entries entries_of(const Case& c) {
  Entries e;
  e.num_rows = c.dense.m;
  e.num_cols = c.dense.n;
  for (std::int64_t i = 0; i < c.dense.m; ++i)
    for (std::int64_t j = 0; j < c.dense.n; ++j)
      if (c.dense.seen(i, j) != 0) {
        e.rows.push_back(static_cast<std::int32_t>(i));
        e.cols.push_back(static_cast<std::int32_t>(j));
        e.values.push_back(c.dense.at(i, j));
      }
  return e;
}

/// The case as the host problem a backend is given (nothing centred).
inline HostProblem host_problem(const Case& c) {
  Options options;
  options.center = Center::none;
  options.regularization = 0.5;
  return prepare_on_host(entries_of(c), options, nullptr);
}

/// The case on a backend.
template <class T, class B>
struct OnBackend {
  OnBackend(B& b, const Case& c, Formulation formulation = Formulation::entries)
      : host(host_problem(c)),
        problem(upload_problem<T>(b, host, c.rank, formulation, true)),
        at(b, c.dense.m, c.dense.n, c.rank, "at"),
        direction(b, c.dense.m, c.dense.n, c.rank, "direction"),
        gradient(b, c.dense.m, c.dense.n, c.rank, "gradient"),
        residual(b, problem.num_entries, "residual"),
        sum(b, 1, "sum"),
        weights(b, std::vector<T>(), "no weights") {
    at.row.values.upload(detail::cast<T>(c.u));
    at.col.values.upload(detail::cast<T>(c.v));
    direction.row.values.upload(detail::cast<T>(c.du));
    direction.col.values.upload(detail::cast<T>(c.dv));
    // outputs must be overwritten, whatever they held
    const T nan = std::numeric_limits<T>::quiet_NaN();
    gradient.row.values.upload(std::vector<T>(c.u.size(), nan));
    gradient.col.values.upload(std::vector<T>(c.v.size(), nan));
  }
  HostProblem host;
  Problem<T, B> problem;
  Factors<T, B> at, direction, gradient;
  Buffer<T, B> residual;
  Buffer<double, B> sum;
  Buffer<T, B> weights;
};

/// Rounding error allowed for a sum of `terms` products of numbers of size at most `magnitude`: a small multiple of
/// terms * eps * magnitude covers any order of summation.
template <class T>
double tolerance(double terms, double magnitude) {
  return 4 * (terms + 4) * std::numeric_limits<T>::epsilon() * std::max(1.0, magnitude);
}

template <class T>
void expect_near(const std::vector<T>& got, const std::vector<double>& want, double within, const char* why) {
  ASSERT_EQ(got.size(), want.size()) << why;
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], within) << why << ", number " << i;
}

/// Base of the typed suites: a backend, or a skip.
template <class B>
class KernelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    backend = make_backend<B>();
    if (!backend) GTEST_SKIP() << "no CUDA device";
  }
  std::unique_ptr<B> backend;
};

}  // namespace rankfill::testing
