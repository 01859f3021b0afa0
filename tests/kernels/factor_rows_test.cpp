// SPDX-License-Identifier: Apache-2.0
#include "kernels/factor_rows.hpp"

#include <Eigen/Core>
#include <limits>
#include <tuple>

#include "tests/support/ragged_case.hpp"

namespace rankfill::testing {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

/// A_i, of the rows `v`, and g_i, dense, in double.  docs/math.md Eq. 12
struct System {
  Matrix a;
  Vector g;
  double magnitude = 0;  ///< of the terms that g is made of
};
System system_of(const Case& c, const std::vector<double>& rows, std::int64_t i, double lambda) {
  const auto row_of = [&](const std::vector<double>& x, std::int64_t row) {
    return Vector(Eigen::Map<const Vector>(x.data() + row * c.rank, c.rank));
  };
  const Vector u = row_of(c.u, i);
  System s{lambda * Matrix::Identity(c.rank, c.rank), lambda * u, lambda * u.norm()};
  for (std::int64_t j = 0; j < c.dense.n; ++j) {
    if (c.dense.seen(i, j) == 0) continue;
    const Vector v = row_of(c.v, j), copy = row_of(rows, j);
    s.a += copy * copy.transpose();
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
  /// The case on the backend, its rows cut into chunks; 5 entries are few, unless the rank wants fewer.
  template <class T>
  OnBackend<T, B> on_backend(const Case& c, std::int64_t chunk_length) {
    OnBackend<T, B> s(*this->backend, c);
    if constexpr (B::kPlansRows)
      s.problem.observations.by_row.solve_plan =
          upload_plan(*this->backend, plan_rows(s.host.by_row.row_ptr, chunk_length, std::min(5, (c.rank - 1) / 2)));
    return s;
  }
  template <class T>
  void check(const Case& c, double lambda, bool weighted, std::int64_t chunk_length = 2048) {
    SCOPED_TRACE(std::string(c.why) + ", rank " + std::to_string(c.rank) + (weighted ? ", weighted" : ", plain") +
                 (sizeof(T) == 8 ? ", double" : ", float"));
    OnBackend<T, B> s = on_backend<T>(c, chunk_length);
    std::vector<double> weights;
    for (std::int64_t i = 0; weighted && i < c.dense.m; ++i) weights.push_back(c.weight(i));
    const Buffer<T, B> w(*this->backend, detail::cast<T>(weights), "weights");
    FactoredRows<T, B> systems(*this->backend, c.dense.m, c.rank);
    factor_rows(*this->backend, s.problem.observations.by_row, lambda, w, s.at.col, s.at.row, s.gradient.row, systems,
                s.sum);
    const std::vector<T> lower = systems.lower.download(), gradient = s.gradient.row.values.download();
    solve_rows(*this->backend, systems, s.direction.row);
    const std::vector<T> solved = s.direction.row.values.download();

    // on the tensor cores A_i is made of float16 copies, of which it is as good a sum as any
    const bool copied = B::kPlansRows && sizeof(T) == 4 && c.rank <= 256;
    const std::vector<double> rows = copied ? rounded_to_half(c.v) : c.v;
    const double epsilon = std::numeric_limits<T>::epsilon(), terms = 4.0 * (c.rank + 4) * epsilon;
    for (std::int64_t i = 0; i < c.dense.m; ++i) {
      SCOPED_TRACE("row " + std::to_string(i));
      const double scaled = lambda * (weighted ? c.weight(i) : 1);
      const System want = system_of(c, rows, i, scaled);
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

TYPED_TEST(FactorRows, DoNotMindHowRowsAreCut) {
  // around 16, the edge of a tile and of a panel; 64, of a super-row; 256, where the plain form begins
  for (const int rank : {1, 16, 31, 48, 64, 65, 100, 120, 128, 200, 256, 257})
    for (const std::int64_t chunk_length : {40, 1000}) {
      this->template check<float>(ragged(rank), 0.5, rank % 2 == 0, chunk_length);
      if (chunk_length == 40) this->template check<double>(ragged(rank), 0.5, rank % 2 != 0, chunk_length);
    }
}

TYPED_TEST(FactorRows, DoNotMindTheUnits) {
  for (const int rank : {24, 70})
    for (const double scale : {1e4, 1e-6})
      this->template check<float>(in_units(ragged(rank), scale), 0.5 * scale * scale, true, 40);
}

TYPED_TEST(FactorRows, RepeatTheirBits) {
  for (const int rank : {40, 100}) {
    const auto bits = [&] {
      const Case c = ragged(rank);
      auto s = this->template on_backend<float>(c, 40);
      FactoredRows<float, TypeParam> systems(*this->backend, c.dense.m, c.rank);
      factor_rows(*this->backend, s.problem.observations.by_row, 0.5, s.weights, s.at.col, s.at.row, s.gradient.row,
                  systems, s.sum);
      return std::tuple(systems.lower.download(), s.gradient.row.values.download(), s.sum.download());
    };
    EXPECT_EQ(bits(), bits()) << "rank " << rank;
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
