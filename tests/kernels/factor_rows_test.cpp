// SPDX-License-Identifier: Apache-2.0
#include "kernels/factor_rows.hpp"

#include <Eigen/Core>
#include <limits>

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

/// A_i and g_i, dense, in double.  docs/math.md Eq. 12
struct System {
  Matrix a;
  Vector g;
  double magnitude = 0;  ///< of the terms that g is made of
};
System system_of(const Case& c, std::int64_t i, double lambda) {
  const auto row_of = [&](const std::vector<double>& x, std::int64_t row) {
    return Vector(Eigen::Map<const Vector>(x.data() + row * c.rank, c.rank));
  };
  const Vector u = row_of(c.u, i);
  System s{lambda * Matrix::Identity(c.rank, c.rank), lambda * u, lambda * u.norm()};
  for (std::int64_t j = 0; j < c.dense.n; ++j) {
    if (c.dense.seen(i, j) == 0) continue;
    const Vector v = row_of(c.v, j);
    s.a += v * v.transpose();
    s.g -= (c.dense.at(i, j) - u.dot(v)) * v;
    s.magnitude += (std::abs(c.dense.at(i, j)) + u.norm() * v.norm()) * v.norm();
  }
  return s;
}

/// L of a packed lower triangle, by columns.
template <class T>
Matrix unpack(const std::vector<T>& packed, std::int64_t row, int rank) {
  Matrix l = Matrix::Zero(rank, rank);
  auto number = packed.begin() + row * rank * (rank + 1) / 2;
  for (int j = 0; j < rank; ++j)
    for (int i = j; i < rank; ++i) l(i, j) = *number++;
  return l;
}

template <class B>
class FactorRows : public KernelTest<B> {
 protected:
  template <class T>
  void check(const Case& c, double lambda, bool weighted) {
    SCOPED_TRACE(std::string(c.why) + (weighted ? ", weighted" : ", plain") +
                 (sizeof(T) == 8 ? ", double" : ", float"));
    OnBackend<T, B> s(*this->backend, c);
    std::vector<double> weights;
    for (std::int64_t i = 0; weighted && i < c.dense.m; ++i) weights.push_back(c.weight(i));
    const Buffer<T, B> w(*this->backend, detail::cast<T>(weights), "weights");
    FactoredRows<T, B> systems(*this->backend, c.dense.m, c.rank);
    factor_rows(*this->backend, s.problem.observations.by_row, lambda, w, s.at.col, s.at.row, s.gradient.row, systems,
                s.sum);
    const std::vector<T> lower = systems.lower.download(), gradient = s.gradient.row.values.download();
    solve_rows(*this->backend, systems, s.direction.row);
    const std::vector<T> solved = s.direction.row.values.download();

    const double epsilon = std::numeric_limits<T>::epsilon(), terms = 4.0 * (c.rank + 4) * epsilon;
    for (std::int64_t i = 0; i < c.dense.m; ++i) {
      SCOPED_TRACE("row " + std::to_string(i));
      const double scaled = lambda * (weighted ? c.weight(i) : 1);
      const System want = system_of(c, i, scaled);
      const Matrix l = unpack(lower, i, c.rank), a = l * l.transpose();
      EXPECT_LE((a - want.a).norm(), terms * want.a.norm());
      for (int k = 0; k < c.rank; ++k)
        EXPECT_NEAR(gradient[static_cast<std::size_t>(i * c.rank + k)], want.g(k), terms * want.magnitude);

      Vector x(c.rank), given(c.rank);
      for (int k = 0; k < c.rank; ++k) {
        x(k) = solved[static_cast<std::size_t>(i * c.rank + k)];
        given(k) = static_cast<T>(c.du[static_cast<std::size_t>(i * c.rank + k)]);
      }
      EXPECT_LE((a * x - given).norm(), terms * l.norm() * l.norm() * x.norm());
    }
    const double squares = oracle::sum_of_squares(oracle::residual(c.dense, c.u, c.v, c.rank).value);
    EXPECT_NEAR(s.sum.download()[0], squares, terms * (squares + oracle::sum_of_squares(c.dense.value)));
  }
};

TYPED_TEST_SUITE(FactorRows, Backends, BackendNames);

TYPED_TEST(FactorRows, HoldTheSystemsAndTheGradient) {
  for (const Case& c : shapes())
    for (const bool weighted : {false, true}) {
      this->template check<float>(c, 0.5, weighted);
      this->template check<double>(c, 0.5, weighted);
    }
}

TYPED_TEST(FactorRows, StayFiniteWithoutLambda) {
  const Case c = make_case("rank 8 from fewer entries", 9, 5, 8, 40);
  OnBackend<float, TypeParam> s(*this->backend, c);
  FactoredRows<float, TypeParam> systems(*this->backend, c.dense.m, c.rank);
  factor_rows(*this->backend, s.problem.observations.by_row, 0, s.weights, s.at.col, s.at.row, s.gradient.row, systems,
              s.sum);
  solve_rows(*this->backend, systems, s.gradient.row);
  for (const float d : s.gradient.row.values.download()) EXPECT_TRUE(std::isfinite(d));
}

}  // namespace
}  // namespace rankfill::testing
