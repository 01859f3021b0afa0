// SPDX-License-Identifier: Apache-2.0
#include "solvers/sketch.hpp"

#include <algorithm>

#include "solve_on.hpp"
#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class SketchTest : public KernelTest<B> {
 protected:
  /// What starts, without a step taken.
  Result start(const Case& c, Init init, const Start* given = nullptr) {
    Options o;
    o.rank = c.rank;
    o.regularization = 0.5;
    o.center = Center::none;
    o.precision = Precision::float64;
    o.init = init;
    o.max_iterations = 0;
    return solve_on(*this->backend, std::is_same_v<B, CpuBackend>, entries_of(c), o, nullptr, given);
  }
};

TYPED_TEST_SUITE(SketchTest, Backends, BackendNames);

const std::vector<double>& numbers_of(const FactorMatrix& x) { return std::get<std::vector<double>>(x.values); }

/// Eq. 45 in long double, scaled to the root mean square `wanted` over rows with entries.
std::vector<long double> sketch_of(const oracle::Dense& m, bool rows, int rank, const std::vector<long double>& from,
                                   long double wanted) {
  const std::int64_t size = rows ? m.m : m.n, other = rows ? m.n : m.m;
  std::vector<long double> to(static_cast<std::size_t>(size * rank), 0.0L);
  long double squares = 0, used = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    long double count = 0;
    for (std::int64_t j = 0; j < other; ++j) {
      if (m.seen(rows ? i : j, rows ? j : i) == 0) continue;
      ++count;
      for (int k = 0; k < rank; ++k)
        to[static_cast<std::size_t>(i * rank + k)] +=
            static_cast<long double>(m.at(rows ? i : j, rows ? j : i)) * from[static_cast<std::size_t>(j * rank + k)];
    }
    used += count > 0;
    for (int k = 0; k < rank; ++k) {
      auto& x = to[static_cast<std::size_t>(i * rank + k)];
      x /= count + 20;
      squares += x * x;
    }
  }
  for (auto& x : to) x *= wanted / std::sqrt(squares / (used * rank));
  return to;
}

TYPED_TEST(SketchTest, IsTheFormula) {
  for (const Case& c : shapes()) {
    SCOPED_TRACE(c.why);
    const Result random = this->start(c, Init::random), sketch = this->start(c, Init::sketch);
    const long double spread = std::sqrt(sketch.summary.value_rms / std::sqrt(static_cast<long double>(c.rank)));
    const auto& g = numbers_of(random.model.row_factors);
    const auto v = sketch_of(c.dense, false, c.rank, {g.begin(), g.end()}, spread);
    const auto u = sketch_of(c.dense, true, c.rank, v, spread);
    const auto compare = [&](const std::vector<double>& got, const std::vector<long double>& want, std::int64_t terms) {
      long double largest = 0;
      for (const long double x : want) largest = std::max(largest, std::abs(x));
      ASSERT_EQ(got.size(), want.size());
      for (std::size_t k = 0; k < got.size(); ++k)
        EXPECT_NEAR(got[k], static_cast<double>(want[k]),
                    tolerance<double>(static_cast<int>(terms), static_cast<double>(largest)));
    };
    // Every number is a sum over one row, under a norm of the whole; those of U inherit the rounding of V.
    const std::int64_t all = c.dense.m * c.dense.n * c.rank;
    compare(numbers_of(sketch.model.col_factors), v, all);
    compare(numbers_of(sketch.model.row_factors), u, 2 * all);
    EXPECT_EQ(sketch.summary.passes, 2);
    EXPECT_EQ(sketch.summary.history.front().passes, 2);
    EXPECT_EQ(random.summary.passes, 0);
  }
}

TYPED_TEST(SketchTest, DataOfZerosStartsAtZeroAndAGivenStartGoesBefore) {
  Case c = make_case("ragged", 12, 9, 4, 50);
  const Start given{FactorMatrix{12, 4, c.u}, FactorMatrix{9, 4, c.v}};
  EXPECT_EQ(numbers_of(this->start(c, Init::sketch, &given).model.col_factors),
            numbers_of(this->start(c, Init::random, &given).model.col_factors));
  std::fill(c.dense.value.begin(), c.dense.value.end(), 0.0);
  const Result zero = this->start(c, Init::sketch);
  for (const double x : numbers_of(zero.model.col_factors)) EXPECT_EQ(x, 0.0);
}

/// The first sweeps are there already: after one, the fit is closer than from random numbers.
TYPED_TEST(SketchTest, StartsAheadOfRandomNumbers) {
  Case c = make_case("dense enough to have directions", 60, 50, 2, 60);
  for (std::int64_t i = 0; i < c.dense.m; ++i)
    for (std::int64_t j = 0; j < c.dense.n; ++j)
      if (c.dense.seen(i, j) != 0)
        c.dense.value[static_cast<std::size_t>(i * c.dense.n + j)] =
            c.u[static_cast<std::size_t>(2 * i)] * c.v[static_cast<std::size_t>(2 * j)] +
            c.u[static_cast<std::size_t>(2 * i + 1)] * c.v[static_cast<std::size_t>(2 * j + 1)];
  const auto after_one = [&](Init init) {
    Options o;
    o.rank = 2;
    o.regularization = 0.01;
    o.center = Center::none;
    o.solver = AlsOptions{};
    o.precision = Precision::float64;
    o.init = init;
    o.max_iterations = 1;
    return solve_on(*this->backend, std::is_same_v<TypeParam, CpuBackend>, entries_of(c), o, nullptr, nullptr)
        .summary.objective;
  };
  EXPECT_LT(after_one(Init::sketch), after_one(Init::random));
}

}  // namespace
}  // namespace rankfill::testing
