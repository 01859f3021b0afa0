// SPDX-License-Identifier: Apache-2.0
#include "kernels/stratum_descent.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

/// A point and the steps taken from it, in double: docs/math.md Eq. 42, entry by entry.
struct Walk {
  const Case& c;
  std::vector<double> u, v;
  double largest = 1;  ///< of the numbers that a step adds up

  explicit Walk(const Case& c) : c(c), u(c.u), v(c.v) {}
  void step(std::int64_t i, std::int64_t j, double value, double speed, const Pace<double>& row,
            const Pace<double>& col) {
    const auto k = static_cast<std::size_t>(c.rank);
    double* const u_i = u.data() + static_cast<std::size_t>(i) * k;
    double* const v_j = v.data() + static_cast<std::size_t>(j) * k;
    double e = value;
    for (std::size_t r = 0; r < k; ++r) e -= u_i[r] * v_j[r];
    for (std::size_t r = 0; r < k; ++r) {
      const double old = u_i[r];
      u_i[r] += speed * row.rate * (e * v_j[r] - row.pull * old);
      v_j[r] += speed * col.rate * (e * old - col.pull * v_j[r]);
      largest = std::max({largest, std::abs(e), std::abs(u_i[r]), std::abs(v_j[r])});
    }
  }
};

/// Rates that differ from row to row and are exact in float.
template <class T>
std::vector<Pace<T>> paces(std::int64_t count) {
  std::vector<Pace<T>> all;
  for (std::int64_t i = 0; i < count; ++i)
    all.push_back(
        {static_cast<T>(0.0625 * static_cast<double>(1 + i % 3)), static_cast<T>(0.25 * static_cast<double>(i % 2))});
  return all;
}

/// The case cut by index modulo num_blocks; block a of stratum s: rows of class a, columns of class a + s.
template <class T, class B>
Strata<T, B> cut(B& backend, const Case& c, int num_blocks) {
  std::vector<std::int64_t> block_ptr{0};
  std::vector<Visit<T>> visits;
  for (int s = 0; s < num_blocks; ++s)
    for (int a = 0; a < num_blocks; ++a) {
      for (std::int64_t i = a; i < c.dense.m; i += num_blocks)
        for (std::int64_t j = (a + s) % num_blocks; j < c.dense.n; j += num_blocks)
          if (c.dense.seen(i, j) != 0)
            visits.push_back(
                {static_cast<std::int32_t>(i), static_cast<std::int32_t>(j), static_cast<T>(c.dense.at(i, j))});
      block_ptr.push_back(static_cast<std::int64_t>(visits.size()));
    }
  return {num_blocks,
          {backend, block_ptr, "blocks"},
          {backend, visits, "visits"},
          {backend, paces<T>(c.dense.m), "paces"},
          {backend, paces<T>(c.dense.n), "paces"}};
}

/// Both factors after an epoch, strata from the last to the first.
template <class T, class B>
std::pair<std::vector<T>, std::vector<T>> descend(B& backend, const Case& c, int num_blocks, double speed) {
  OnBackend<T, B> s(backend, c);
  const Strata<T, B> strata = cut<T>(backend, c, num_blocks);
  for (int stratum = num_blocks; stratum-- > 0;) stratum_descent(backend, strata, stratum, speed, s.at);
  return {s.at.row.values.download(), s.at.col.values.download()};
}

template <class B>
class StratumDescent : public KernelTest<B> {
 protected:
  template <class T>
  void check(const Case& c, int num_blocks) {
    SCOPED_TRACE(std::string(c.why) + ", " + std::to_string(num_blocks) + " blocks");
    const double speed = 0.5;
    const auto [u, v] = descend<T>(*this->backend, c, num_blocks, speed);

    Walk walk(c);
    const auto rows = paces<double>(c.dense.m), cols = paces<double>(c.dense.n);
    std::int64_t longest = 1;  // steps on one row or column
    std::vector<std::int64_t> on_row(static_cast<std::size_t>(c.dense.m), 0),
        on_col(static_cast<std::size_t>(c.dense.n), 0);
    CpuBackend cpu(1);
    const auto strata = cut<double>(cpu, c, num_blocks);
    const std::vector<std::int64_t> block_ptr = strata.block_ptr.download();
    const std::vector<Visit<double>> visits = strata.visits.download();
    for (int stratum = num_blocks; stratum-- > 0;)
      for (std::int64_t p = block_ptr[static_cast<std::size_t>(stratum * num_blocks)];
           p < block_ptr[static_cast<std::size_t>((stratum + 1) * num_blocks)]; ++p) {
        const Visit<double>& visit = visits[static_cast<std::size_t>(p)];
        const auto i = static_cast<std::size_t>(visit.row), j = static_cast<std::size_t>(visit.col);
        walk.step(visit.row, visit.col, visit.value, speed, rows[i], cols[j]);
        longest = std::max({longest, ++on_row[i], ++on_col[j]});
      }
    // A step rounds a dot of `rank` terms and a handful of sums; steps shrink differences rather than blow them up.
    const double within = tolerance<T>(c.rank + 4, walk.largest * walk.largest) * static_cast<double>(longest);
    expect_near(u, walk.u, within, c.why);
    expect_near(v, walk.v, within, c.why);
  }
};

TYPED_TEST_SUITE(StratumDescent, Backends, BackendNames);

TYPED_TEST(StratumDescent, TakesTheStepsOfAPlainLoop) {
  for (const Case& c : shapes())
    for (const int num_blocks : {1, 3}) {
      this->template check<float>(c, num_blocks);
      this->template check<double>(c, num_blocks);
    }
  this->template check<double>(make_case("more blocks than rows", 4, 9, 2, 60), 6);
}

// e = 5 - 1 * 3 = 2;  u = 1 + 0.5 (2 * 3 - 2 * 1) = 3;  v = 3 + 0.25 (2 * 1 - 4 * 3) = 0.5
TYPED_TEST(StratumDescent, IsRightWhenWorkedOutByHand) {
  Case c = make_case("one entry", 1, 1, 1, 100);
  c.u = {1}, c.v = {3};
  OnBackend<double, TypeParam> s(*this->backend, c);
  TypeParam& b = *this->backend;
  const Strata<double, TypeParam> strata{1,
                                         {b, std::vector<std::int64_t>{0, 1}, "blocks"},
                                         {b, std::vector<Visit<double>>{{0, 0, 5}}, "visits"},
                                         {b, std::vector<Pace<double>>{{1, 2}}, "paces"},
                                         {b, std::vector<Pace<double>>{{0.5, 4}}, "paces"}};

  stratum_descent(b, strata, 0, 0.5, s.at);

  EXPECT_DOUBLE_EQ(s.at.row.values.download()[0], 3);
  EXPECT_DOUBLE_EQ(s.at.col.values.download()[0], 0.5);
}

TEST(StratumDescentOnCpu, HasTheSameBitsForAnyNumberOfThreads) {
  const Case c = make_case("ragged", 40, 30, 5, 50);
  CpuBackend one(1), many(4);
  EXPECT_EQ(descend<float>(one, c, 7, 0.5), descend<float>(many, c, 7, 0.5));
}

}  // namespace
}  // namespace rankfill::testing
