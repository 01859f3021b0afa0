// SPDX-License-Identifier: Apache-2.0
#include "kernels/covariance.hpp"

#include <Eigen/Core>

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class Covariance : public KernelTest<B> {
 protected:
  template <class T>
  std::vector<T> covariance_of(const Case& c) {
    OnBackend<T, B> s(*this->backend, c);
    // overwritten, whatever it held
    Buffer<T, B> out(*this->backend,
                     std::vector<T>(static_cast<std::size_t>(c.rank * c.rank), std::numeric_limits<T>::quiet_NaN()),
                     "C");
    covariance(*this->backend, s.problem.observations.by_row, s.at.row, out);
    return out.download();
  }

  template <class T>
  void check(const Case& c) {
    Eigen::MatrixXd want = Eigen::MatrixXd::Zero(c.rank, c.rank);
    double all = 0, magnitude = 0;
    for (std::int64_t i = 0; i < c.dense.m; ++i) {
      double entries = 0;
      for (std::int64_t j = 0; j < c.dense.n; ++j) entries += c.dense.seen(i, j);
      const Eigen::Map<const Eigen::VectorXd> u(c.u.data() + i * c.rank, c.rank);
      want += entries * u * u.transpose();
      magnitude += entries * u.cwiseAbs().maxCoeff() * u.cwiseAbs().maxCoeff();
      all += entries;
    }
    want /= all;
    const std::vector<T> got = covariance_of<T>(c);
    // a product and a sum per row, and two roundings of n_i / N
    const double within = static_cast<double>(c.dense.m + 4) * std::numeric_limits<T>::epsilon() * magnitude / all;
    for (int a = 0; a < c.rank; ++a)
      for (int b = 0; b < c.rank; ++b)
        ASSERT_NEAR(got[static_cast<std::size_t>(a * c.rank + b)], want(a, b), within)
            << c.why << " " << a << ", " << b;
  }
};

TYPED_TEST_SUITE(Covariance, Backends, BackendNames);

// Row 0 has two entries, row 1 none, row 2 one: C = (2 (1, 2)(1, 2)^T + (3, -1)(3, -1)^T) / 3
TYPED_TEST(Covariance, IsTheMeanWorkedOutByHand) {
  Case c = make_case("by hand", 3, 2, 2, 0);
  c.dense.mask = {1, 1, 0, 0, 0, 1};
  c.u = {1, 2, 50, 60, 3, -1};
  const std::vector<double> got = this->template covariance_of<double>(c);
  const double want[] = {11.0 / 3, 1.0 / 3, 1.0 / 3, 3};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(got[i], want[i], 1e-15 * 11) << i;
}

TYPED_TEST(Covariance, AgreesWithTheOracleWhateverTheShape) {
  for (const Case& c : shapes()) {
    this->template check<float>(c);
    this->template check<double>(c);
  }
  this->template check<float>(make_case("more rows than are copied at once, two tiles", 150, 4, 65, 50));
}

TYPED_TEST(Covariance, AddsSlabsAndBatchesOfRows) {
  const Case c = make_case("tens of thousands of rows", 70000, 1, 3, 60);  // one batch and a part of one on a device
  this->template check<double>(c);
  this->template check<float>(c);
}

TYPED_TEST(Covariance, IsZeroWithoutEntries) {
  OnBackend<float, TypeParam> s(*this->backend, make_case("something", 4, 3, 2, 50));
  Csr<float, TypeParam> none;
  none.num_rows = 4;
  none.num_cols = 3;
  none.row_ptr = {*this->backend, std::vector<std::int64_t>(5, 0), "offsets"};
  Buffer<float, TypeParam> out(*this->backend, std::vector<float>(4, 7), "C");
  covariance(*this->backend, none, s.at.row, out);
  EXPECT_EQ(out.download(), std::vector<float>(4, 0));
}

TYPED_TEST(Covariance, RepeatsItsBits) {
  const Case c = make_case("rank 100", 300, 20, 100, 50);
  EXPECT_EQ(this->template covariance_of<float>(c), this->template covariance_of<float>(c));
}

TEST(CovarianceOnTheCpu, DoesNotDependOnTheThreads) {
  const Case c = make_case("several slabs and tiles", 5000, 2, 130, 50);
  const auto with = [&](int threads) {
    CpuBackend cpu(threads);
    OnBackend<float, CpuBackend> s(cpu, c);
    Buffer<float, CpuBackend> out(cpu, std::int64_t{130} * 130, "C");
    covariance(cpu, s.problem.observations.by_row, s.at.row, out);
    return out.download();
  };
  EXPECT_EQ(with(1), with(2));
}

}  // namespace
}  // namespace rankfill::testing
