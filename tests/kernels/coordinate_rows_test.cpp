// SPDX-License-Identifier: Apache-2.0
#include "kernels/coordinate_rows.hpp"

#include <algorithm>
#include <string>

#include "kernels/residual.hpp"
#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

/// What a call must leave of one row.  docs/math.md Eq. 36-37, dense and in double.
struct MovedRow {
  double step = 0, within = 0;  ///< and the error that rounding may make of it
  std::vector<double> residual;
};
MovedRow moved_row(const Case& c, const oracle::Dense& r, std::int64_t i, int here, double scaled,
                   const std::vector<double>& stepped, double epsilon) {
  double a = 0, b = 0, size = 0;
  for (std::int64_t j = 0; j < c.dense.n; ++j) {
    const double y = oracle::entry(c.v, j, c.rank, here), e = r.at(i, j);
    if (c.dense.seen(i, j) == 0) continue;
    a += e * y;
    b += y * y;
    size += (std::abs(c.dense.at(i, j)) + c.rank + std::abs(stepped[static_cast<std::size_t>(j)])) * std::abs(y);
  }
  const double u = oracle::entry(c.u, i, c.rank, here);
  MovedRow row;
  row.step = b == 0 ? -u : (a - scaled * u) / (b + scaled);
  const double terms = 4 * epsilon * static_cast<double>(c.rank + c.dense.n + 4);
  row.within = b == 0 ? 0 : terms * ((size + scaled * std::abs(u)) / (b + scaled) + std::abs(row.step));
  for (std::int64_t j = 0; j < c.dense.n; ++j)
    if (c.dense.seen(i, j) != 0) row.residual.push_back(r.at(i, j) - row.step * oracle::entry(c.v, j, c.rank, here));
  return row;
}

template <class B>
class CoordinateRows : public KernelTest<B> {
 protected:
  template <class T>
  Buffer<Move<T>, B> moves(const std::vector<Move<T>>& host) {
    return {*this->backend, host, "moves"};
  }

  /// One call on the rows of a case, the columns having just moved by seeded steps.
  template <class T>
  void check(const Case& c, const Turn& turn, bool weighted) {
    SCOPED_TRACE(std::string(c.why) + (weighted ? ", weighted" : ", plain") +
                 (sizeof(T) == 8 ? ", double" : ", float"));
    const double lambda = 0.5, epsilon = std::numeric_limits<T>::epsilon();
    OnBackend<T, B> s(*this->backend, c);
    std::vector<double> weights, steps;
    for (std::int64_t i = 0; weighted && i < c.dense.m; ++i) weights.push_back(c.weight(i));
    std::vector<Move<T>> held;
    for (std::int64_t j = 0; j < c.dense.n; ++j) {
      steps.push_back(static_cast<float>(number(static_cast<std::uint32_t>(j), 8, 9)));
      held.push_back({static_cast<T>(steps.back()), static_cast<T>(oracle::entry(c.v, j, c.rank, turn.here))});
    }
    const oracle::Dense r = oracle::residual(c.dense, c.u, c.v, c.rank);
    std::vector<T> before;  // the residual but for that step
    for (std::int64_t i = 0; i < c.dense.m; ++i)
      for (std::int64_t j = 0; j < c.dense.n; ++j)
        if (c.dense.seen(i, j) != 0)
          before.push_back(static_cast<T>(r.at(i, j) + oracle::entry(c.u, i, c.rank, turn.moved) *
                                                           steps[static_cast<std::size_t>(j)]));
    s.residual.upload(before);
    const Buffer<T, B> w(*this->backend, detail::cast<T>(weights), "weights");
    auto left = moves<T>(std::vector<Move<T>>(static_cast<std::size_t>(c.dense.m)));

    coordinate_rows(*this->backend, s.problem.observations.by_row, lambda, w, turn, moves<T>(held), s.residual,
                    s.at.row, left);

    const std::vector<T> residuals = s.residual.download(), u = s.at.row.values.download();
    const std::vector<Move<T>> moved = left.download();
    auto residual = residuals.begin();
    for (std::int64_t i = 0; i < c.dense.m; ++i) {
      SCOPED_TRACE("row " + std::to_string(i));
      const MovedRow want = moved_row(c, r, i, turn.here, lambda * (weighted ? c.weight(i) : 1), steps, epsilon);
      const auto at = static_cast<std::size_t>(i), first = at * static_cast<std::size_t>(c.rank);
      EXPECT_NEAR(moved[at].step, want.step, want.within);
      EXPECT_EQ(moved[at].number, u[first + static_cast<std::size_t>(turn.follow)]);
      for (int k = 0; k < c.rank; ++k) {
        const double old = oracle::entry(c.u, i, c.rank, k), now = u[first + static_cast<std::size_t>(k)];
        if (k == turn.here)
          EXPECT_NEAR(now, old + want.step, want.within + epsilon * std::abs(old + want.step));
        else
          EXPECT_EQ(now, old) << k;
      }
      for (const double e : want.residual)
        EXPECT_NEAR(*residual++, e, want.within + 4 * epsilon * (c.rank + 4 + std::abs(want.step)));
    }
  }
};

TYPED_TEST_SUITE(CoordinateRows, Backends, BackendNames);

TYPED_TEST(CoordinateRows, GoToTheMinimumOfOneCoordinate) {
  for (const Case& c : shapes())
    for (const bool weighted : {false, true}) {
      const int last = c.rank - 1;
      for (const Turn& turn : {Turn{last, 0, last / 2}, Turn{last, last, last}, Turn{0, last, 0}}) {
        this->template check<float>(c, turn, weighted);
        this->template check<double>(c, turn, weighted);
      }
    }
}

// Rows of more than one chunk are done by a block.
TYPED_TEST(CoordinateRows, SoDoesARowOfThousandsOfEntries) {
  const Case c = make_case("one row of 2500 entries among short ones", 3, 2501, 2, 1, 2);
  this->template check<float>(c, {1, 0, 1}, true);
  this->template check<double>(c, {1, 0, 1}, false);
}

// (2 - u)^2 / 2 + (6 - 2 u)^2 / 2 + u^2 / 2 at u = 1: the minimum is at (2 + 12) / 6
TYPED_TEST(CoordinateRows, AreRightWhenWorkedOutByHand) {
  Case c = make_case("one row, two entries", 1, 2, 1, 100);
  c.dense.value = {2, 6};
  c.u = {1}, c.v = {1, 2};
  OnBackend<double, TypeParam> s(*this->backend, c);
  s.residual.upload({1, 4});
  auto left = this->template moves<double>({{}});

  coordinate_rows(*this->backend, s.problem.observations.by_row, 1, s.weights, {0, 0, 0},
                  this->template moves<double>({{0, 1}, {0, 2}}), s.residual, s.at.row, left);

  EXPECT_DOUBLE_EQ(s.at.row.values.download()[0], 14.0 / 6);
  EXPECT_DOUBLE_EQ(left.download()[0].step, 8.0 / 6);
  EXPECT_DOUBLE_EQ(left.download()[0].number, 14.0 / 6);
  EXPECT_DOUBLE_EQ(s.residual.download()[0], 1 - 8.0 / 6);
  EXPECT_DOUBLE_EQ(s.residual.download()[1], 4 - 16.0 / 6);
}

TYPED_TEST(CoordinateRows, StayWhereNothingPulls) {
  const Case c = make_case("the held factor is zero", 5, 4, 2, 60);
  OnBackend<float, TypeParam> s(*this->backend, c);
  s.residual.upload(std::vector<float>(static_cast<std::size_t>(s.problem.num_entries), 1));
  auto left = this->template moves<float>(std::vector<Move<float>>(5, Move<float>{7, 7}));

  coordinate_rows(*this->backend, s.problem.observations.by_row, 0, s.weights, {1, 0, 1},
                  this->template moves<float>(std::vector<Move<float>>(4)), s.residual, s.at.row, left);

  const std::vector<float> u = s.at.row.values.download();
  const std::vector<Move<float>> moved = left.download();
  for (std::size_t i = 0; i < 5; ++i) {
    const auto empty = i == 1;  // by rule
    EXPECT_EQ(u[2 * i], empty ? 0 : static_cast<float>(c.u[2 * i]));
    EXPECT_EQ(moved[i].step, empty ? -static_cast<float>(c.u[2 * i]) : 0);
    EXPECT_EQ(moved[i].number, static_cast<float>(c.u[2 * i + 1]));
  }
  for (const float e : s.residual.download()) EXPECT_EQ(e, 1);
}

TYPED_TEST(CoordinateRows, StartWithoutAStep) {
  const Case c = make_case("more rows than a block has threads", 300, 2, 3, 50);
  OnBackend<float, TypeParam> s(*this->backend, c);
  auto left = this->template moves<float>(std::vector<Move<float>>(300, Move<float>{7, 7}));

  start_moves(*this->backend, s.at.row, 2, left);

  const std::vector<Move<float>> moved = left.download();
  for (std::size_t i = 0; i < 300; ++i) {
    EXPECT_EQ(moved[i].step, 0);
    EXPECT_EQ(moved[i].number, static_cast<float>(c.u[3 * i + 2]));
  }
}

}  // namespace
}  // namespace rankfill::testing
