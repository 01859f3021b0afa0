// SPDX-License-Identifier: Apache-2.0
#include "solvers/factor_span.hpp"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

namespace rankfill {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const MatrixXd> matrix(const FactorSpan& span, int rank) { return {span.gram.data(), rank, rank}; }

}  // namespace

template <class T>
FactorSpan factor_span(const std::vector<T>& x, int rank, const std::vector<double>& scale,
                       const std::vector<double>& direction) {
  constexpr Index kRows = 4096;  // a block in double stays small, however large the factor
  MatrixXd gram = MatrixXd::Zero(rank, rank);
  VectorXd projection = VectorXd::Zero(rank);
  const auto num_rows = static_cast<Index>(direction.size());
  const Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> all(x.data(), num_rows,
                                                                                                rank);
  const Eigen::Map<const VectorXd> d(direction.data(), num_rows), s(scale.data(), static_cast<Index>(scale.size()));
  for (Index first = 0; first < num_rows; first += kRows) {
    const Index rows = std::min(kRows, num_rows - first);
    RowMajor block = all.middleRows(first, rows).template cast<double>();
    if (!scale.empty()) block = s.segment(first, rows).asDiagonal() * block;
    gram.noalias() += block.transpose() * block;
    projection.noalias() += block.transpose() * d.segment(first, rows);
  }
  return {{gram.data(), gram.data() + gram.size()}, {projection.begin(), projection.end()}};
}

template FactorSpan factor_span(const std::vector<float>&, int, const std::vector<double>&, const std::vector<double>&);
template FactorSpan factor_span(const std::vector<double>&, int, const std::vector<double>&,
                                const std::vector<double>&);

std::vector<double> singular_values(const FactorSpan& a, const FactorSpan& b, int rank) {
  // sigma(A B^T)^2 are the eigenvalues of G_a^(1/2) G_b G_a^(1/2)
  const Eigen::SelfAdjointEigenSolver<MatrixXd> of_a(matrix(a, rank));
  const VectorXd roots = of_a.eigenvalues().cwiseMax(0).cwiseSqrt();
  const MatrixXd root = of_a.eigenvectors() * roots.asDiagonal();
  const MatrixXd both = root.transpose() * matrix(b, rank) * root;
  const VectorXd squares = Eigen::SelfAdjointEigenSolver<MatrixXd>(both, Eigen::EigenvaluesOnly).eigenvalues();
  const VectorXd values = squares.cwiseMax(0).cwiseSqrt().reverse();
  return {values.begin(), values.end()};
}

int effective_rank(const FactorSpan& a, const FactorSpan& b, int rank, double relative) {
  const std::vector<double> values = singular_values(a, b, rank);
  const double least = relative * values.front();
  return static_cast<int>(std::count_if(values.begin(), values.end(), [&](double value) { return value > least; }));
}

double part_within(const FactorSpan& span, int rank) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> of(matrix(span, rank));
  const VectorXd c =
      of.eigenvectors().transpose() * Eigen::Map<const VectorXd>(span.projection.data(), static_cast<Index>(rank));
  const double least = 1e-12 * of.eigenvalues().maxCoeff();
  double within = 0;
  for (Index k = 0; k < c.size(); ++k)
    if (of.eigenvalues()[k] > least) within += c[k] * c[k] / of.eigenvalues()[k];
  return within;
}

}  // namespace rankfill
