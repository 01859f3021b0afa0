// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class Loss : public KernelTest<B> {
 protected:
  template <class T>
  void check(const Case& c) {
    OnBackend<T, B> s(*this->backend, c);
    const double want = oracle::sum_of_squares(oracle::residual(c.dense, c.u, c.v, c.rank).value);
    const double got = read_squared_error(*this->backend, s.problem.observations.by_row, s.at.row, s.at.col);
    EXPECT_NEAR(got, want,
                tolerance<T>(c.rank, 1) * std::sqrt(want * static_cast<double>(s.problem.num_entries)) + 1e-30)
        << c.why;
    EXPECT_EQ(got, read_squared_error(*this->backend, s.problem.observations.by_row, s.at.row, s.at.col)) << c.why;
  }
};

TYPED_TEST_SUITE(Loss, Backends, BackendNames);

TYPED_TEST(Loss, EqualsTheDenseOracleAndRepeatsItsBits) {
  for (const Case& c : shapes()) {
    this->template check<float>(c);
    this->template check<double>(c);
  }
}

}  // namespace
}  // namespace rankfill::testing
