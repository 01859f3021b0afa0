// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_block.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class GradientBlock : public KernelTest<B> {
 protected:
  template <class T>
  void check(const Case& c, Formulation formulation = Formulation::block) {
    OnBackend<T, B> s(*this->backend, c, formulation);
    gradient_block(*this->backend, s.problem.block, s.at, s.gradient, s.sum);
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

TYPED_TEST_SUITE(GradientBlock, Backends, BackendNames);

TYPED_TEST(GradientBlock, EqualsTheDenseOracleOnFullBlocks) {
  // density 100 with an empty row and column: a block that is not the whole matrix
  for (const Case& c : {make_case("one entry", 1, 1, 1, 100), make_case("a hole of one row and column", 9, 7, 5, 100),
                        make_case("rank 33", 6, 8, 33, 100), make_case("one column", 12, 1, 3, 100)}) {
    this->template check<float>(c);
    this->template check<double>(c);
  }
}

TYPED_TEST(GradientBlock, DropsWhatIsNotObserved) {
  for (const Case& c : shapes()) {
    this->template check<float>(c, Formulation::dense);
    this->template check<double>(c, Formulation::dense);
  }
}

TYPED_TEST(GradientBlock, ShowsANaNOfTheFactors) {
  OnBackend<float, TypeParam> s(*this->backend, make_case("ragged", 9, 7, 5, 50), Formulation::dense);
  s.at.row.values.upload(std::vector<float>(45, std::numeric_limits<float>::quiet_NaN()));

  gradient_block(*this->backend, s.problem.block, s.at, s.gradient, s.sum);

  EXPECT_TRUE(std::isnan(s.sum.download()[0]));
}

}  // namespace
}  // namespace rankfill::testing
