// SPDX-License-Identifier: Apache-2.0
#include "kernels/line_search.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class LineSearch : public KernelTest<B> {
 protected:
  template <class T>
  void check(const Case& c) {
    OnBackend<T, B> s(*this->backend, c);
    const LineSums got = read_line_sums(*this->backend, s.problem.observations.by_row, s.at, s.direction);
    const LineSums want = oracle::line_sums(c.dense, c.u, c.v, c.du, c.dv, c.rank);
    // each sum is over z products of two numbers of size up to 2 k + 1, each with error about k eps
    const double within = tolerance<T>(c.rank, 1) * 4 * c.rank * static_cast<double>(s.problem.num_entries);
    EXPECT_NEAR(got.ee, want.ee, within) << c.why;
    EXPECT_NEAR(got.eb, want.eb, within) << c.why;
    EXPECT_NEAR(got.ec, want.ec, within) << c.why;
    EXPECT_NEAR(got.bb, want.bb, within) << c.why;
    EXPECT_NEAR(got.bc, want.bc, within) << c.why;
    EXPECT_NEAR(got.cc, want.cc, within) << c.why;
  }
};

TYPED_TEST_SUITE(LineSearch, Backends, BackendNames);

TYPED_TEST(LineSearch, EqualsTheDenseOracle) {
  for (const Case& c : shapes()) {
    this->template check<float>(c);
    this->template check<double>(c);
  }
}

}  // namespace
}  // namespace rankfill::testing
