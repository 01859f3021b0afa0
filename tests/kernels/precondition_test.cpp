// SPDX-License-Identifier: Apache-2.0
#include "kernels/precondition.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/QR>

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

/// A seeded orthogonal matrix and eigenvalues in (0.1, 2.1), in the rounding of T.
template <class T>
struct Basis {
  explicit Basis(int rank) : vectors(rank, rank), values(rank) {
    Matrix some(rank, rank);
    for (int i = 0; i < rank; ++i)
      for (int j = 0; j < rank; ++j)
        some(i, j) = number(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), 9);
    vectors = Matrix(some.householderQr().householderQ()).template cast<T>().template cast<double>();
    for (int q = 0; q < rank; ++q) values(q) = static_cast<T>(1.1 + number(static_cast<std::uint32_t>(q), 0, 10));
  }
  template <class B>
  Eigenbasis<T, B> on(B& backend) const {
    const auto rank = static_cast<int>(values.size());
    Eigenbasis<T, B> basis(backend, rank);
    std::vector<T> q, s;
    for (int i = 0; i < rank; ++i)
      for (int j = 0; j < rank; ++j) q.push_back(static_cast<T>(vectors(i, j)));
    for (const double value : values) s.push_back(static_cast<T>(value));
    basis.vectors.upload(q);
    basis.values.upload(s);
    return basis;
  }
  Matrix vectors;
  Vector values;
};

template <class B>
class Precondition : public KernelTest<B> {
 protected:
  template <class T>
  std::vector<T> apply(const Case& c, const Basis<T>& basis, double lambda, bool weighted) {
    OnBackend<T, B> s(*this->backend, c);
    std::vector<double> weights;
    for (std::int64_t i = 0; weighted && i < c.dense.m; ++i) weights.push_back(c.weight(i));
    const Buffer<T, B> w(*this->backend, detail::cast<T>(weights), "weights");
    precondition(*this->backend, s.problem.observations.by_row, lambda, w, basis.on(*this->backend), s.direction.row);
    return s.direction.row.values.download();
  }

  template <class T>
  void check(const Case& c, double lambda, bool weighted) {
    const Basis<T> basis(c.rank);
    const std::vector<T> got = apply<T>(c, basis, lambda, weighted);
    for (std::int64_t i = 0; i < c.dense.m; ++i) {
      SCOPED_TRACE(std::string(c.why) + ", row " + std::to_string(i));
      double entries = 0;
      for (std::int64_t j = 0; j < c.dense.n; ++j) entries += c.dense.seen(i, j);
      const double scaled = lambda * (weighted ? c.weight(i) : 1);
      Vector want = Vector::Zero(c.rank);
      const double least = entries * basis.values.minCoeff() + scaled;
      if (least > 0) {
        // the inverse, of a matrix that is formed
        const Vector g = Eigen::Map<const Vector>(c.du.data() + i * c.rank, c.rank);
        const Matrix a = basis.vectors * (entries * basis.values).asDiagonal() * basis.vectors.transpose() +
                         scaled * Matrix::Identity(c.rank, c.rank);
        want = a.ldlt().solve(g);
      }
      // two products of `rank` terms, numbers below 1, divided by `least` or more
      const double within = tolerance<T>(2 * c.rank, 1) * std::sqrt(c.rank) / (least > 0 ? least : 1);
      for (int k = 0; k < c.rank; ++k) ASSERT_NEAR(got[static_cast<std::size_t>(i * c.rank + k)], want(k), within) << k;
    }
  }
};

TYPED_TEST_SUITE(Precondition, Backends, BackendNames);

// Rank 1: g_i / (n_i s + lambda w_i).  Rows of two, no and one entries, weights 0.5, 1.5 and 2.5.
TYPED_TEST(Precondition, DividesAsWorkedOutByHand) {
  Case c = make_case("by hand", 3, 2, 1, 0);
  c.dense.mask = {1, 1, 0, 0, 0, 1};
  c.du = {11, 5, 8};
  Basis<double> basis(1);
  basis.vectors(0, 0) = -1;
  basis.values(0) = 3;
  EXPECT_EQ(this->apply(c, basis, 10, true), (std::vector<double>{11.0 / 11, 5.0 / 15, 8.0 / 28}));
}

TYPED_TEST(Precondition, AgreesWithTheOracleWhateverTheShape) {
  for (const Case& c : shapes())
    for (const bool weighted : {false, true}) {
      this->template check<float>(c, 0.5, weighted);
      this->template check<double>(c, 0.5, weighted);
    }
  this->template check<double>(make_case("more rows than one block of work, no lambda", 70, 5, 20, 50), 0, false);
}

TYPED_TEST(Precondition, DividesNothingByZero) {
  const Case c = make_case("no lambda and an eigenvalue 0", 7, 6, 3, 40);
  Basis<float> basis(3);
  basis.values(1) = 0;
  for (const float x : this->apply(c, basis, 0, false)) EXPECT_TRUE(std::isfinite(x));
  basis.values.setZero();
  EXPECT_EQ(this->apply(c, basis, 0, false), std::vector<float>(21, 0));
}

TYPED_TEST(Precondition, RepeatsItsBits) {
  const Case c = make_case("rank 100", 100, 20, 100, 50);
  const Basis<float> basis(100);
  EXPECT_EQ(this->apply(c, basis, 0.1, true), this->apply(c, basis, 0.1, true));
}

TEST(PreconditionOnTheCpu, DoesNotDependOnTheThreads) {
  const Case c = make_case("rank 300", 200, 5, 300, 50);
  const Basis<float> basis(300);
  const auto with = [&](int threads) {
    CpuBackend cpu(threads);
    OnBackend<float, CpuBackend> s(cpu, c);
    precondition(cpu, s.problem.observations.by_row, 0.1, s.weights, basis.on(cpu), s.direction.row);
    return s.direction.row.values.download();
  };
  EXPECT_EQ(with(1), with(2));
}

}  // namespace
}  // namespace rankfill::testing
