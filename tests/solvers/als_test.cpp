// SPDX-License-Identifier: Apache-2.0
#include "solvers/als.hpp"

#include <optional>
#include <vector>

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class AlsTest : public KernelTest<B> {
 protected:
  struct Sweep {
    std::vector<float> row, col;
    double squared_error, gradient_norm, penalty, gradient_scale;
    bool operator==(const Sweep&) const = default;
  };

  /// Five sweeps from the same point.  `fresh`: by a new solver each, which has recorded nothing.
  std::vector<Sweep> sweeps(const Case& c, Gather gather, bool fresh) {
    OnBackend<float, B> s(*this->backend, c);
    s.problem.gather = gather;
    std::optional<Als<float, B>> solver;
    std::vector<Sweep> all;
    for (int sweep = 0; sweep < 5; ++sweep) {
      if (fresh || !solver) solver.emplace(*this->backend, s.problem, c.rank, AlsOptions{});
      const Measure m = solver->iterate(s.at).before;
      all.push_back({s.at.row.values.download(), s.at.col.values.download(), m.squared_error, m.gradient_norm,
                     m.penalty, m.gradient_scale});
    }
    return all;
  }
};

TYPED_TEST_SUITE(AlsTest, Backends, BackendNames);

TYPED_TEST(AlsTest, ReplayedSweepsHaveTheBitsOfSweepsRunCallByCall) {
  for (const Case& c : {make_case("empty row and column, rank 3", 7, 6, 3, 40),
                        make_case("rank 33: one number into the second step", 5, 7, 33, 60),
                        make_case("rank 100: a block per row", 6, 12, 100, 70),
                        make_case("rank 260: beyond the tensor-core form", 3, 4, 260, 70),
                        make_case("one row of 300 entries among short ones", 4, 300, 5, 3, 2)})
    for (const Gather gather : {Gather::full, Gather::half})
      EXPECT_EQ(this->sweeps(c, gather, false), this->sweeps(c, gather, true)) << c.why;
}

TYPED_TEST(AlsTest, MeasuresThePointItLeaves) {
  const Case c = make_case("ragged", 12, 9, 4, 50);
  OnBackend<double, TypeParam> s(*this->backend, c);
  Als<double, TypeParam> solver(*this->backend, s.problem, c.rank, {});
  Gradient<double, TypeParam> gradient(*this->backend, s.problem);
  for (int sweep = 0; sweep < 4; ++sweep) {
    const Measure want = gradient.measure(s.at, s.gradient);
    std::vector<double> row_gradient = s.gradient.row.values.download();
    double row_norm = 0;
    for (const double g : row_gradient) row_norm += g * g;

    const Step step = solver.iterate(s.at);

    const double within = tolerance<double>(108 * 4, want.squared_error + want.penalty);
    EXPECT_NEAR(step.before.squared_error, want.squared_error, within);
    EXPECT_NEAR(step.before.penalty, want.penalty, within);
    EXPECT_NEAR(step.before.gradient_scale, want.gradient_scale, within);
    EXPECT_NEAR(step.before.gradient_norm, std::sqrt(row_norm), tolerance<double>(108 * 4, std::sqrt(row_norm) + 10));
    EXPECT_TRUE(step.finite.value());
  }
}

}  // namespace
}  // namespace rankfill::testing
