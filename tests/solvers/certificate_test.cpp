// SPDX-License-Identifier: Apache-2.0
#include "solvers/certificate.hpp"

#include <Eigen/Core>
#include <Eigen/SVD>

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// What a certificate says, worked out from dense matrices.
Certificate dense_certificate(const Case& c, double lambda, double nu) {
  const oracle::Dense r = oracle::residual(c.dense, c.u, c.v, c.rank);
  MatrixXd s(r.m, r.n), u(r.m, c.rank), v(r.n, c.rank);
  VectorXd row_count = VectorXd::Zero(r.m), col_count = VectorXd::Zero(r.n);
  double rr = 0, rm = 0;
  for (std::int64_t i = 0; i < r.m; ++i)
    for (std::int64_t j = 0; j < r.n; ++j) {
      s(i, j) = r.at(i, j);
      row_count[i] += c.dense.seen(i, j);
      col_count[j] += c.dense.seen(i, j);
      rr += r.at(i, j) * r.at(i, j);
      rm += r.at(i, j) * c.dense.at(i, j);
    }
  double size = 0;
  const auto scale = [&](VectorXd count, MatrixXd& x, const std::vector<double>& numbers) -> VectorXd {
    for (Eigen::Index i = 0; i < count.size(); ++i) {
      count[i] = count[i] > 0 || nu == 0 ? std::pow(count[i], nu / 2) : 0;
      for (int k = 0; k < c.rank; ++k) x(i, k) = count[i] * oracle::entry(numbers, i, c.rank, k);
    }
    size += x.squaredNorm();
    return count.unaryExpr([](double w) { return w > 0 ? 1 / w : 0.0; });
  };
  const VectorXd a = scale(row_count, u, c.u), b = scale(col_count, v, c.v);
  const Eigen::JacobiSVD<MatrixXd> svd(a.asDiagonal() * s * b.asDiagonal(), Eigen::ComputeThinU | Eigen::ComputeThinV);
  const double sigma = svd.singularValues()[0];
  Certificate want;
  want.objective = rr / 2 + lambda / 2 * size;
  const double t = std::clamp(rm / rr, 0.0, lambda / sigma);
  want.dual_objective = t * rm - t * t * rr / 2;
  want.spectral_norm_ratio = sigma / lambda;
  const VectorXd product = Eigen::JacobiSVD<MatrixXd>(u * v.transpose()).singularValues();
  want.effective_rank = static_cast<int>((product.array() > 1e-6 * product[0]).count());
  return want;
}

template <class B>
class CertificateOn : public KernelTest<B> {
 protected:
  template <class T>
  void check(const Case& c, double lambda, double nu) {
    Options options;
    options.center = Center::none;
    options.regularization = lambda;
    options.weighting = nu;
    B& b = *this->backend;
    const auto problem =
        upload_problem<T>(b, prepare_on_host(entries_of(c), options, nullptr), c.rank, Formulation::entries, false);
    Factors<T, B> at(b, c.dense.m, c.dense.n, c.rank, "at");
    at.row.values.upload(detail::cast<T>(c.u));
    at.col.values.upload(detail::cast<T>(c.v));

    const Certificate got = certify(b, problem, at, 0.1, 3).certificate, want = dense_certificate(c, lambda, nu);

    // sums over the entries, of residuals that are sums of `rank` products in T; what Lanczos leaves is 1e-7 of sigma_1
    const double terms = static_cast<double>(c.dense.m * c.dense.n) * c.rank;
    const double within = tolerance<T>(terms, 1) + 1e-7;
    EXPECT_NEAR(got.objective, want.objective, within * want.objective) << c.why;
    EXPECT_NEAR(got.dual_objective, want.dual_objective, within * want.objective) << c.why;
    EXPECT_NEAR(got.spectral_norm_ratio, want.spectral_norm_ratio, within * want.spectral_norm_ratio) << c.why;
    EXPECT_GE(got.spectral_norm_bound, want.spectral_norm_ratio * (1 - tolerance<T>(terms, 1))) << c.why;
    EXPECT_EQ(got.effective_rank, want.effective_rank) << c.why;
  }
};

TYPED_TEST_SUITE(CertificateOn, Backends, BackendNames);

TYPED_TEST(CertificateOn, EqualsTheDenseOracle) {
  for (const Case& c : shapes())
    for (const auto& [nu, lambda] :
         {std::pair{0.0, 0.1}, {0.5, 100.0}, {1.0, 0.1}}) {  // sigma_1 above lambda, and below
      this->template check<float>(c, lambda, nu);
      this->template check<double>(c, lambda, nu);
    }
}

}  // namespace
}  // namespace rankfill::testing
