// SPDX-License-Identifier: Apache-2.0
#include "kernels/regularize.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class Regularize : public KernelTest<B> {
 protected:
  template <class T>
  void check(const Case& c) {
    OnBackend<T, B> s(*this->backend, c);
    std::vector<double> w;
    for (std::int64_t i = 0; i < c.dense.m; ++i) w.push_back(c.weight(i));
    const Buffer<T, B> weighted(*this->backend, detail::cast<T>(w), "weights");
    for (const bool plain : {true, false}) {
      std::vector<double> want = c.du;
      double once = 0, twice = 0;
      for (std::size_t i = 0; i < want.size(); ++i) {
        const double scale = plain ? 1.0 : w[i / static_cast<std::size_t>(c.rank)];
        want[i] += 0.75 * scale * c.u[i];
        once += scale * c.u[i] * c.du[i];
        twice += scale * scale * c.u[i] * c.u[i];
      }
      const auto& weights = plain ? s.weights : weighted;
      const double within = tolerance<T>(2, 4), sum_within = tolerance<double>(static_cast<double>(c.u.size()), 8);
      EXPECT_NEAR(read_weighted_dot(*this->backend, weights, 1, s.at.row, s.direction.row), once, sum_within) << c.why;
      EXPECT_NEAR(read_weighted_dot(*this->backend, weights, 2, s.at.row, s.at.row), twice, sum_within) << c.why;
      Buffer<double, B> sums(*this->backend, std::vector<double>{-1, -2, -3, -4}, "sums");
      weighted_dots(*this->backend, weights, s.at.row, s.direction.row, sums, 1);
      const std::vector<double> out = sums.download();
      EXPECT_EQ(out[0], -1);
      EXPECT_EQ(out[1], read_weighted_dot(*this->backend, weights, 1, s.at.row, s.direction.row)) << c.why;
      EXPECT_EQ(out[2], read_weighted_dot(*this->backend, weights, 2, s.at.row, s.direction.row)) << c.why;
      EXPECT_EQ(out[3], -4);

      s.direction.row.values.upload(detail::cast<T>(c.du));
      add_regularization(*this->backend, 0.75, weights, s.at.row, s.direction.row);
      expect_near(s.direction.row.values.download(), want, within, c.why);
      s.direction.row.values.upload(detail::cast<T>(c.du));
    }
  }
};

TYPED_TEST_SUITE(Regularize, Backends, BackendNames);

TYPED_TEST(Regularize, AddsTheWeightedTermAndMeasuresIt) {
  for (const Case& c : shapes()) {
    this->template check<float>(c);
    this->template check<double>(c);
  }
}

}  // namespace
}  // namespace rankfill::testing
