// SPDX-License-Identifier: Apache-2.0
#include "kernels/als_half.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class AlsHalf : public KernelTest<B> {
 protected:
  template <class T>
  HalfSweep sweep(OnBackend<T, B>& s, double lambda, const Buffer<T, B>& weights) {
    Buffer<double, B> sums(*this->backend, kHalfSweepSums, "sums");
    als_half(*this->backend, s.problem.observations.by_row, lambda, weights, s.at.col, {}, s.at.row, sums);
    return read_half_sweep(sums);
  }

  template <class T>
  void check(const Case& c) {
    for (const bool plain : {true, false}) {
      OnBackend<T, B> s(*this->backend, c);
      std::vector<double> w(static_cast<std::size_t>(c.dense.m), 1.0);
      if (!plain)
        for (std::int64_t i = 0; i < c.dense.m; ++i) w[static_cast<std::size_t>(i)] = c.weight(i);
      const Buffer<T, B> weighted(*this->backend, detail::cast<T>(w), "weights");
      constexpr double lambda = 0.5;
      const HalfSweep seen = sweep(s, lambda, plain ? s.weights : weighted);

      const auto r = oracle::residual(c.dense, c.u, c.v, c.rank);
      auto g = oracle::row_gradient(r, c.v, c.rank);
      std::vector<double> best;
      double decrease = 0, lambda_norm = 0;
      for (std::int64_t i = 0; i < c.dense.m; ++i) {
        const double scaled = lambda * w[static_cast<std::size_t>(i)];
        const auto row = oracle::best_row(c.dense, i, c.v, c.rank, scaled);
        for (int k = 0; k < c.rank; ++k) {
          const auto at = static_cast<std::size_t>(i * c.rank + k);
          g[at] += scaled * c.u[at];
          decrease += 0.5 * g[at] * (c.u[at] - row[static_cast<std::size_t>(k)]);
          lambda_norm += scaled * std::abs(c.u[at]);
        }
        best.insert(best.end(), row.begin(), row.end());
      }
      // Condition number of A is at most (sum |v|^2 + lambda) / lambda.
      const double condition = 1 + static_cast<double>(c.dense.n * c.rank) / lambda;
      const double within = tolerance<T>(c.rank, 1) * condition;
      expect_near(s.at.row.values.download(), best, within, c.why);
      EXPECT_NEAR(seen.squared_error, oracle::sum_of_squares(r.value), within * (1 + oracle::sum_of_squares(r.value)));
      EXPECT_NEAR(seen.gradient_norm_squared, oracle::sum_of_squares(g), within * (1 + oracle::sum_of_squares(g)));
      EXPECT_NEAR(seen.decrease, decrease, within * (1 + std::abs(decrease) + lambda_norm)) << c.why;
      for (std::int64_t i = 0; i < c.dense.m; ++i)
        if (s.host.by_row.row_ptr[static_cast<std::size_t>(i)] ==
            s.host.by_row.row_ptr[static_cast<std::size_t>(i) + 1]) {
          for (int k = 0; k < c.rank; ++k)
            EXPECT_EQ(s.at.row.values.download()[static_cast<std::size_t>(i * c.rank + k)], T{0}) << "an empty row";
        }
    }
  }
};

TYPED_TEST_SUITE(AlsHalf, Backends, BackendNames);

TYPED_TEST(AlsHalf, EqualsTheNormalEquations) {
  for (const Case& c : shapes()) {
    this->template check<float>(c);
    this->template check<double>(c);
  }
}

TYPED_TEST(AlsHalf, StaysFiniteWithoutRegularization) {
  const Case c = make_case("rows with fewer entries than the rank", 9, 6, 8, 30);
  OnBackend<float, TypeParam> s(*this->backend, c);

  this->sweep(s, 0.0, s.weights);

  for (const float x : s.at.row.values.download()) EXPECT_TRUE(std::isfinite(x));
}

TYPED_TEST(AlsHalf, RepeatsItsBits) {
  const Case c = make_case("ragged", 40, 30, 33, 30, 3);
  OnBackend<float, TypeParam> first(*this->backend, c), second(*this->backend, c);

  this->sweep(first, 0.1, first.weights);
  this->sweep(second, 0.1, second.weights);

  EXPECT_EQ(first.at.row.values.download(), second.at.row.values.download());
}

}  // namespace
}  // namespace rankfill::testing
