// SPDX-License-Identifier: Apache-2.0
#include "kernels/residual_product.hpp"

#include "kernels/residual.hpp"
#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

std::vector<double> vector_of(std::uint32_t stream, std::int64_t size) {
  std::vector<double> x(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = number(stream, static_cast<std::uint32_t>(i), 5);
  return x;
}

/// s o (R x), R dense.
std::vector<double> product(const oracle::Dense& r, const std::vector<double>& scale, const std::vector<double>& x) {
  std::vector<double> y(static_cast<std::size_t>(r.m), 0.0);
  for (std::int64_t i = 0; i < r.m; ++i) {
    const auto row = static_cast<std::size_t>(i);
    for (std::int64_t j = 0; j < r.n; ++j) y[row] += r.at(i, j) * x[static_cast<std::size_t>(j)];
    if (!scale.empty()) y[row] *= scale[row];
  }
  return y;
}

template <class B>
class ResidualProduct : public KernelTest<B> {
 protected:
  template <class T>
  std::vector<double> run(const Csr<T, B>& m, const Buffer<T, B>& r, const std::vector<double>& scale,
                          const std::vector<double>& x) {
    const Buffer<double, B> scales(*this->backend, scale, "scale"), at(*this->backend, x, "x");
    // overwritten, whatever it held
    Buffer<double, B> y(*this->backend, std::vector<double>(static_cast<std::size_t>(m.num_rows), std::nan("")), "y");
    residual_product(*this->backend, m, r, scales, at, y);
    return y.download();
  }

  template <class T>
  void check(const Case& c) {
    OnBackend<T, B> s(*this->backend, c);
    const auto dense = oracle::residual(c.dense, c.u, c.v, c.rank);
    double largest = 1;
    for (const double e : dense.value) largest = std::max(largest, std::abs(e));
    const std::vector<double> x = vector_of(1, c.dense.n), y = vector_of(2, c.dense.m), scale = vector_of(3, c.dense.m);
    // every residual is a sum of `rank` products in T; the sums over them are in double
    const auto within = [&](std::int64_t terms) {
      return static_cast<double>(terms) * tolerance<T>(c.rank, 1) +
             tolerance<double>(static_cast<double>(terms), largest);
    };

    const Csr<T, B>& rows = s.problem.observations.by_row;
    residual(*this->backend, rows, s.at.row, s.at.col, s.residual);
    expect_near(this->run(rows, s.residual, {}, x), product(dense, {}, x), within(c.dense.n), c.why);
    expect_near(this->run(rows, s.residual, scale, x), product(dense, scale, x), within(c.dense.n), c.why);
    const ResidualSums sums = read_residual_sums(*this->backend, rows, s.residual);
    double rr = 0, rm = 0;
    for (std::size_t p = 0; p < dense.value.size(); ++p) {
      rr += dense.value[p] * dense.value[p];
      rm += dense.value[p] * c.dense.value[p];
    }
    const double all = 2 * largest * within(c.dense.m * c.dense.n);
    EXPECT_NEAR(sums.rr, rr, all) << c.why;
    EXPECT_NEAR(sums.rm, rm, all) << c.why;

    const Csr<T, B>& cols = s.problem.observations.by_col;
    residual(*this->backend, cols, s.at.col, s.at.row, s.residual);
    expect_near(this->run(cols, s.residual, {}, y), product(oracle::transpose(dense), {}, y), within(c.dense.m), c.why);
  }
};

TYPED_TEST_SUITE(ResidualProduct, Backends, BackendNames);

TYPED_TEST(ResidualProduct, EqualsTheDenseOracleInBothOrders) {
  for (const Case& c : shapes()) {
    this->template check<float>(c);
    this->template check<double>(c);
  }
}

TYPED_TEST(ResidualProduct, IsWhatOneWorksOutByHand) {
  // R = [1 2; 0 3] (M itself, the factors being 0), scale (10, 1), x = (4, 5): 10 (4 + 10), 15
  Case c = make_case("by hand", 2, 2, 1, 100);
  c.dense.value = {1, 2, 0, 3};
  c.dense.mask = {1, 1, 0, 1};
  c.u = {0, 0};
  c.v = {0, 0};
  OnBackend<double, TypeParam> s(*this->backend, c);
  const auto& rows = s.problem.observations.by_row;
  residual(*this->backend, rows, s.at.row, s.at.col, s.residual);

  EXPECT_EQ(this->run(rows, s.residual, {10, 1}, {4, 5}), (std::vector<double>{140, 15}));
  const ResidualSums sums = read_residual_sums(*this->backend, rows, s.residual);
  EXPECT_EQ(sums.rr, 14);
  EXPECT_EQ(sums.rm, 14);
}

}  // namespace
}  // namespace rankfill::testing
