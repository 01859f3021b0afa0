// SPDX-License-Identifier: Apache-2.0
#include "kernels/residual.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class Residual : public KernelTest<B> {
 protected:
  template <class T>
  void check(const Case& c) {
    OnBackend<T, B> s(*this->backend, c);
    residual(*this->backend, s.problem.observations.by_row, s.at.row, s.at.col, s.residual);
    const auto r = oracle::residual(c.dense, c.u, c.v, c.rank);
    expect_near(s.residual.download(), observed(r, c.dense), tolerance<T>(c.rank, 1), c.why);

    // the other order is the transpose
    residual(*this->backend, s.problem.observations.by_col, s.at.col, s.at.row, s.residual);
    expect_near(s.residual.download(), observed(oracle::transpose(r), oracle::transpose(c.dense)),
                tolerance<T>(c.rank, 1), c.why);
  }
  static std::vector<double> observed(const oracle::Dense& r, const oracle::Dense& d) {
    std::vector<double> e;
    for (std::size_t i = 0; i < r.value.size(); ++i)
      if (d.mask[i] != 0) e.push_back(r.value[i]);
    return e;
  }
};

TYPED_TEST_SUITE(Residual, Backends, BackendNames);

TYPED_TEST(Residual, EqualsTheDenseOracleInBothOrders) {
  for (const Case& c : shapes()) {
    this->template check<float>(c);
    this->template check<double>(c);
  }
}

}  // namespace
}  // namespace rankfill::testing
