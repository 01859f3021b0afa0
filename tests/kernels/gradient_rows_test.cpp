// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_rows.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class GradientRows : public KernelTest<B> {
 protected:
  template <class T>
  void check(const Case& c) {
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
};

TYPED_TEST_SUITE(GradientRows, Backends, BackendNames);

TYPED_TEST(GradientRows, EqualsTheDenseOracle) {
  for (const Case& c : shapes()) {
    this->template check<float>(c);
    this->template check<double>(c);
  }
}

}  // namespace
}  // namespace rankfill::testing
