// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss.hpp"

#include <string>

#include "tests/support/gather_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class Loss : public KernelTest<B> {
 protected:
  /// Against the oracle, and twice.
  template <class T>
  void check(const OnBackend<T, B>& s, const Case& c) {
    const Gathered want = gather_oracle<T>(c, c.v);
    const double got = read_squared_error(*this->backend, s.problem.observations.by_row, s.at.row, s.at.col);
    EXPECT_NEAR(got, want.squares, want.squares_within) << c.why;
    EXPECT_EQ(got, read_squared_error(*this->backend, s.problem.observations.by_row, s.at.row, s.at.col)) << c.why;
  }

  template <class T>
  void check_ragged(int rank, Values values) {
    const Case c = ragged_case("ragged", rank, values);
    OnBackend<T, B> s(*this->backend, c);
    auto& by_row = s.problem.observations.by_row;
    replan(*this->backend, s.host.by_row, kRaggedChunk, kRaggedShort, by_row);
    check(s, c);
    widen(*this->backend, s.host.by_row, by_row);
    check(s, c);
  }
};

TYPED_TEST_SUITE(Loss, Backends, BackendNames);

TYPED_TEST(Loss, EqualsTheDenseOracleAndRepeatsItsBits) {
  for (const Case& c : shapes()) {
    this->template check<float>(OnBackend<float, TypeParam>(*this->backend, c), c);
    this->template check<double>(OnBackend<double, TypeParam>(*this->backend, c), c);
  }
}

TYPED_TEST(Loss, OfEveryRankPlanAndStorage) {
  for (const int rank : kGatherRanks)
    for (const Values values : kAllValues) {
      SCOPED_TRACE("rank " + std::to_string(rank) + ", values stored as " + std::to_string(static_cast<int>(values)));
      this->template check_ragged<float>(rank, values);
      this->template check_ragged<double>(rank, values);
    }
}

TYPED_TEST(Loss, OfNoEntriesIsZero) {
  const OnBackend<float, TypeParam> s(*this->backend, make_case("something to upload", 3, 2, 5, 100));
  Csr<float, TypeParam> none;
  none.num_rows = 3;
  none.num_cols = 2;
  none.row_ptr = {*this->backend, std::vector<std::int64_t>(4, 0), "no entries"};

  EXPECT_EQ(read_squared_error(*this->backend, none, s.at.row, s.at.col), 0);
}

}  // namespace
}  // namespace rankfill::testing
