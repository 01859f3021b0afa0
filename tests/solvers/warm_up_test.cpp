// SPDX-License-Identifier: Apache-2.0
#include "solvers/warm_up.hpp"

#include "solve_on.hpp"
#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class WarmUpTest : public KernelTest<B> {
 protected:
  using Inner = Als<double, B>;
  Case c = make_case("ragged", 12, 9, 4, 50);
};

TYPED_TEST_SUITE(WarmUpTest, Backends, BackendNames);

TYPED_TEST(WarmUpTest, SweepsWithTheLargerLambdaThenHandsOver) {
  using Inner = typename TestFixture::Inner;
  OnBackend<double, TypeParam> warmed(*this->backend, this->c), plain(*this->backend, this->c);
  const double lambda = warmed.problem.lambda;
  Inner next(*this->backend, warmed.problem, this->c.rank, {});
  WarmUp<double, TypeParam, Inner> warm_up(*this->backend, warmed.problem, this->c.rank, {.sweeps = 3, .factor = 8},
                                           next);
  {
    plain.problem.lambda = 8 * lambda;
    Inner als(*this->backend, plain.problem, this->c.rank, {});
    for (int sweep = 0; sweep < 3; ++sweep) {
      EXPECT_EQ(warm_up.iterate(warmed.at).passes, 2);
      als.iterate(plain.at);
      EXPECT_EQ(warmed.problem.lambda, lambda);
      EXPECT_EQ(warmed.at.row.values.download(), plain.at.row.values.download()) << sweep;
      EXPECT_EQ(warmed.at.col.values.download(), plain.at.col.values.download()) << sweep;
    }
  }
  plain.problem.lambda = lambda;
  Inner als(*this->backend, plain.problem, this->c.rank, {});
  for (int sweep = 0; sweep < 2; ++sweep) {
    warm_up.iterate(warmed.at);
    als.iterate(plain.at);
    EXPECT_EQ(warmed.at.col.values.download(), plain.at.col.values.download()) << sweep;
  }
}

TYPED_TEST(WarmUpTest, ReportsTheObjectiveOfTheProblem) {
  using Inner = typename TestFixture::Inner;
  OnBackend<double, TypeParam> s(*this->backend, this->c);
  Inner next(*this->backend, s.problem, this->c.rank, {});
  WarmUp<double, TypeParam, Inner> warm_up(*this->backend, s.problem, this->c.rank, {.sweeps = 4, .factor = 5}, next);
  Gradient<double, TypeParam> gradient(*this->backend, s.problem);
  for (int sweep = 0; sweep < 6; ++sweep) {
    const double want = gradient.measure(s.at, s.gradient).objective();
    EXPECT_NEAR(warm_up.iterate(s.at).before.objective(), want, tolerance<double>(108 * 4, want)) << sweep;
  }
}

// A larger lambda, so a smaller point: the warm-up is heard of in a whole fit, and the fit ends at a minimum of the same F.
TYPED_TEST(WarmUpTest, IsPartOfAFit) {
  Options o;
  o.rank = 3;
  o.regularization = 0.2;
  o.precision = Precision::float64;
  o.max_iterations = 2;
  const Entries entries = entries_of(this->c);
  const auto fit = [&] {
    return solve_on(*this->backend, std::is_same_v<TypeParam, CpuBackend>, entries, o, nullptr, nullptr).summary;
  };
  const Summary cold = fit();
  o.warm_up = {.sweeps = 2, .factor = 10};
  const Summary warm = fit();
  ASSERT_EQ(warm.history.size(), 3U);
  EXPECT_EQ(warm.history[0].objective, cold.history[0].objective);
  EXPECT_GT(warm.train_rmse, cold.train_rmse);
  o.max_iterations = 500;
  o.gradient_tolerance = 1e-8;
  const Summary settled = fit();
  EXPECT_EQ(settled.termination, Termination::gradient_tolerance);
  EXPECT_EQ(settled.regularization, 0.2);
  EXPECT_LT(settled.objective, warm.objective);
}

}  // namespace
}  // namespace rankfill::testing
