// SPDX-License-Identifier: Apache-2.0
#include "kernels/update.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class Update : public KernelTest<B> {
 protected:
  template <class T>
  void check(const Case& c) {
    OnBackend<T, B> s(*this->backend, c);
    for (const double beta : {0.0, 1.0, -0.5}) {
      s.direction.row.values.upload(detail::cast<T>(c.du));
      std::vector<double> want = c.du;
      for (std::size_t i = 0; i < want.size(); ++i) want[i] = 0.25 * c.u[i] + beta * c.du[i];
      update(*this->backend, 0.25, s.at.row, beta, s.direction.row);
      expect_near(s.direction.row.values.download(), want, tolerance<T>(2, 1), c.why);
    }
    update(*this->backend, 2, s.at.row, 0, s.gradient.row);  // holds NaN before
    std::vector<double> twice = c.u;
    for (double& x : twice) x *= 2;
    expect_near(s.gradient.row.values.download(), twice, 0, c.why);
  }
};

TYPED_TEST_SUITE(Update, Backends, BackendNames);

TYPED_TEST(Update, ScalesAddsAndOverwritesNaN) {
  for (const Case& c : shapes()) {
    this->template check<float>(c);
    this->template check<double>(c);
  }
}

}  // namespace
}  // namespace rankfill::testing
