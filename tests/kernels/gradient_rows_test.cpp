// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_rows.hpp"

#include <string>

#include "tests/support/gather_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class GradientRows : public KernelTest<B> {
 protected:
  static constexpr bool kFetchesHalf = std::is_same_v<B, CudaBackend>;

  /// Rows, then columns, of a whole problem as it is uploaded.
  template <class T>
  void check_both_orders(const Case& c) {
    OnBackend<T, B> s(*this->backend, c);
    gradient_rows(*this->backend, s.problem.observations.by_col, s.at.col, s.at.row, Gather::full, s.gradient.col,
                  s.sum);
    gradient_rows(*this->backend, s.problem.observations.by_row, s.at.row, s.at.col, Gather::full, s.gradient.row,
                  s.sum);
    const auto r = oracle::residual(c.dense, c.u, c.v, c.rank);
    const double within = tolerance<T>(c.rank + static_cast<double>(std::max(c.dense.m, c.dense.n)), c.rank);
    expect_near(s.gradient.row.values.download(), oracle::row_gradient(r, c.v, c.rank), within, c.why);
    expect_near(s.gradient.col.values.download(), oracle::row_gradient(oracle::transpose(r), c.u, c.rank), within,
                c.why);
    const double want = oracle::sum_of_squares(r.value);
    EXPECT_NEAR(s.sum.download()[0], want,
                tolerance<T>(c.rank, 1) * (want + static_cast<double>(s.problem.num_entries)))
        << c.why;
  }

  /// One order, against the oracle for the numbers that are fetched, and twice.
  template <class T>
  void check_rows(const OnBackend<T, B>& s, const Case& c, Gather gather) {
    const auto& by_row = s.problem.observations.by_row;
    const bool half = kFetchesHalf && std::is_same_v<T, float> && gather == Gather::half;
    const Gathered want = gather_oracle<T>(c, half ? as_half(c.v) : c.v);
    const T nan = std::numeric_limits<T>::quiet_NaN();
    std::vector<T> first;
    for (int run = 0; run < 2; ++run) {
      Factor<T, B> g(*this->backend, c.dense.m, c.rank, "g");
      g.values.upload(std::vector<T>(c.u.size(), nan));
      Buffer<double, B> squares(*this->backend, std::vector<double>{double{nan}}, "squares");

      gradient_rows(*this->backend, by_row, s.at.row, s.at.col, gather, g, squares);

      const std::vector<T> got = g.values.download();
      for (std::size_t i = 0; i < got.size(); ++i)
        ASSERT_NEAR(got[i], want.gradient[i], want.gradient_within[i])
            << "row " << i / static_cast<std::size_t>(c.rank) << ", number " << i % static_cast<std::size_t>(c.rank);
      ASSERT_NEAR(squares.download()[0], want.squares, want.squares_within);
      if (run == 0) first = got;
      ASSERT_EQ(got, first) << "the bits of a second run";
    }
  }

  template <class T>
  void check_ragged(int rank, Gather gather) {
    for (const Values values : kAllValues) {
      const Case c = ragged_case("ragged", rank, values);
      OnBackend<T, B> s(*this->backend, c);
      auto& by_row = s.problem.observations.by_row;
      replan(*this->backend, s.host.by_row, kRaggedChunk, kRaggedShort, by_row);
      if constexpr (B::kPlansRows) {
        ASSERT_FALSE(by_row.gradient_plan.short_rows.empty() || by_row.gradient_plan.empty_rows.empty() ||
                     by_row.gradient_plan.split_rows.empty());
        ASSERT_EQ(by_row.values.empty(), values != Values::plain);
        ASSERT_EQ(by_row.codes8.empty(), values != Values::codes8);
        ASSERT_EQ(by_row.codes16.empty(), values != Values::codes16);
        ASSERT_FALSE(by_row.narrow_col_idx.empty());
      }
      SCOPED_TRACE("values stored as " + std::to_string(static_cast<int>(values)));
      ASSERT_NO_FATAL_FAILURE(check_rows(s, c, gather));
      widen(*this->backend, s.host.by_row, by_row);
      ASSERT_NO_FATAL_FAILURE(check_rows(s, c, gather)) << "wide columns";
      by_row.hot_cols = 9;
      ASSERT_NO_FATAL_FAILURE(check_rows(s, c, gather)) << "hot columns";
    }
  }
};

TYPED_TEST_SUITE(GradientRows, Backends, BackendNames);

TYPED_TEST(GradientRows, EqualsTheDenseOracle) {
  for (const Case& c : shapes()) {
    this->template check_both_orders<float>(c);
    this->template check_both_orders<double>(c);
  }
}

TYPED_TEST(GradientRows, OfEveryRankFetchedAsFloat16) {
  for (const int rank : kGatherRanks) {
    SCOPED_TRACE("rank " + std::to_string(rank));
    ASSERT_NO_FATAL_FAILURE(this->template check_ragged<float>(rank, Gather::half));
  }
}

TYPED_TEST(GradientRows, OfEveryRankInFloat) {
  for (const int rank : kGatherRanks) {
    SCOPED_TRACE("rank " + std::to_string(rank));
    ASSERT_NO_FATAL_FAILURE(this->template check_ragged<float>(rank, Gather::full));
  }
}

TYPED_TEST(GradientRows, OfEveryRankInDoubleWhateverTheGather) {
  for (const int rank : kGatherRanks) {
    SCOPED_TRACE("rank " + std::to_string(rank));
    ASSERT_NO_FATAL_FAILURE(this->template check_ragged<double>(rank, rank % 2 == 0 ? Gather::full : Gather::half));
  }
}

TYPED_TEST(GradientRows, OfRowsLongerThanWhatIsReadAhead) {
  // 300 entries: more than the 32 to 128 that a warp reads at once.  Plans that leave the row whole, cut it, and give
  // it to a group of lanes.
  for (const int rank : {3, 9, 40, 100, 300}) {
    const Case c = make_case("one row of 300 entries among short ones", 4, 300, rank, 3, 2);
    for (const auto& [chunk, short_row] : {std::pair{1024, 32}, {150, 1}, {100, 300}}) {
      SCOPED_TRACE("rank " + std::to_string(rank) + ", chunk " + std::to_string(chunk));
      OnBackend<float, TypeParam> s(*this->backend, c);
      replan(*this->backend, s.host.by_row, chunk, short_row, s.problem.observations.by_row);
      ASSERT_NO_FATAL_FAILURE(this->check_rows(s, c, Gather::half));
      ASSERT_NO_FATAL_FAILURE(this->check_rows(s, c, Gather::full));
    }
  }
}

// On the CPU: block by block of v, more blocks than one.
TYPED_TEST(GradientRows, OfRowsThatFetchMoreThanACacheHolds) {
  if (TypeParam::kPlansRows) GTEST_SKIP() << "a way of the CPU";
  for (const int rank : {33, 128, 144}) {
    const Case c = make_case("rows of many entries", 9, 240'000 / rank, rank, 60, 5);
    this->template check_both_orders<float>(c);
    this->template check_both_orders<double>(c);
  }
}

TYPED_TEST(GradientRows, LosesNothingToFloat16WhateverTheUnitOfTheData) {
  for (const double unit : {1e-12, 1e-5, 1.0, 1e7}) {
    SCOPED_TRACE(unit);
    Case c = ragged_case("ragged", 20, Values::plain);
    for (double& x : c.v) x = static_cast<float>(x * unit);
    OnBackend<float, TypeParam> s(*this->backend, c);
    ASSERT_NO_FATAL_FAILURE(this->check_rows(s, c, Gather::half));
  }
}

TYPED_TEST(GradientRows, KeepsAnInfiniteNumberInTheRowsThatFetchIt) {
  for (const Gather gather : {Gather::full, Gather::half}) {
    Case c = ragged_case("ragged", 20, Values::plain);
    OnBackend<float, TypeParam> s(*this->backend, c);
    replan(*this->backend, s.host.by_row, kRaggedChunk, kRaggedShort, s.problem.observations.by_row);
    gradient_rows(*this->backend, s.problem.observations.by_row, s.at.row, s.at.col, gather, s.gradient.row, s.sum);
    const std::vector<float> before = s.gradient.row.values.download();
    constexpr std::int64_t col = 0;
    std::vector<float> v = detail::cast<float>(c.v);
    v[col * 20 + 3] = std::numeric_limits<float>::infinity();
    s.at.col.values.upload(v);

    gradient_rows(*this->backend, s.problem.observations.by_row, s.at.row, s.at.col, gather, s.gradient.row, s.sum);

    const std::vector<float> after = s.gradient.row.values.download();
    for (std::int64_t i = 0; i < c.dense.m; ++i) {
      const auto k = static_cast<std::size_t>(i * 20);
      if (c.dense.seen(i, col) != 0) {
        EXPECT_FALSE(std::isfinite(after[k + 3])) << "row " << i;
      } else {
        for (std::size_t r = k; r < k + 20; ++r) EXPECT_EQ(after[r], before[r]) << "row " << i;
      }
    }
  }
}

}  // namespace
}  // namespace rankfill::testing
