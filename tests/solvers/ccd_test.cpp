// SPDX-License-Identifier: Apache-2.0
#include "solvers/ccd.hpp"

#include "solvers/als.hpp"
#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class CcdTest : public KernelTest<B> {
 protected:
  template <class T>
  struct Fit {
    Fit(B& backend, const Case& c, const CcdOptions& options)
        : s(backend, c), solver(backend, s.problem, c.rank, options) {}
    OnBackend<T, B> s;
    Ccd<T, B> solver;
  };
};

TYPED_TEST_SUITE(CcdTest, Backends, BackendNames);

TYPED_TEST(CcdTest, MeasuresThePointItLeavesAndNeverRaisesTheObjective) {
  for (const int inner_steps : {1, 3}) {
    const Case c = make_case("ragged", 12, 9, 4, 50);
    typename TestFixture::template Fit<double> fit(*this->backend, c, {inner_steps});
    Gradient<double, TypeParam> gradient(*this->backend, fit.s.problem);
    double last = std::numeric_limits<double>::infinity();
    for (int sweep = 0; sweep < 25; ++sweep) {  // two refreshes of the residuals among them
      const Measure want = gradient.measure(fit.s.at, fit.s.gradient);
      const Step step = fit.solver.iterate(fit.s.at);
      EXPECT_EQ(step.before.squared_error, want.squared_error);
      EXPECT_EQ(step.before.penalty, want.penalty);
      EXPECT_EQ(step.before.gradient_norm, want.gradient_norm);
      EXPECT_EQ(step.passes, 2 + 4 * inner_steps + (sweep % 10 == 0 ? 2 : 0));
      EXPECT_LE(want.objective(), last + tolerance<double>(108 * 4, want.objective()));
      last = want.objective();
    }
  }
}

// At rank 1 there is one coordinate, and its minimiser is the row's: the sweep of ALS.
TYPED_TEST(CcdTest, OfRankOneIsAls) {
  const Case c = make_case("ragged, rank 1", 12, 9, 1, 50);
  typename TestFixture::template Fit<double> fit(*this->backend, c, {});
  OnBackend<double, TypeParam> other(*this->backend, c);
  Als<double, TypeParam> als(*this->backend, other.problem, 1, {});
  for (int sweep = 0; sweep < 12; ++sweep) {
    fit.solver.iterate(fit.s.at);
    als.iterate(other.at);
    const double within = tolerance<double>(108.0 * (sweep + 1), 4);
    const auto want = other.at.col.values.download();
    expect_near(fit.s.at.col.values.download(), {want.begin(), want.end()}, within, c.why);
  }
}

TYPED_TEST(CcdTest, ComesToRest) {
  const Case c = make_case("enough entries", 12, 9, 2, 80);
  typename TestFixture::template Fit<double> fit(*this->backend, c, {});
  for (int sweep = 0; sweep < 600; ++sweep) fit.solver.iterate(fit.s.at);
  EXPECT_LE(fit.solver.iterate(fit.s.at).before.relative_gradient(), 1e-10);
}

// The residuals are those of the point, in both orders, however long they have been carried along: else float would drift.
TYPED_TEST(CcdTest, InFloatEndsWhereDoubleEnds) {
  const Case c = make_case("enough entries", 12, 9, 2, 80);
  typename TestFixture::template Fit<double> wide(*this->backend, c, {});
  typename TestFixture::template Fit<float> narrow(*this->backend, c, {});
  double want = 0, got = 0;
  for (int sweep = 0; sweep < 200; ++sweep) {
    want = wide.solver.iterate(wide.s.at).before.objective();
    got = narrow.solver.iterate(narrow.s.at).before.objective();
  }
  EXPECT_NEAR(got, want, tolerance<float>(108, want));
}

}  // namespace
}  // namespace rankfill::testing
