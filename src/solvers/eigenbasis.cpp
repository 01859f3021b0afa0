// SPDX-License-Identifier: Apache-2.0
#include "solvers/eigenbasis.hpp"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>

namespace rankfill {

SymmetricEigen symmetric_eigen(const std::vector<double>& matrix, int rank) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> given(matrix.data(), rank, rank);
  SymmetricEigen found;
  found.vectors.resize(matrix.size());
  found.values.assign(static_cast<std::size_t>(rank), 0.0);
  Eigen::Map<RowMajor> vectors(found.vectors.data(), rank, rank);
  if (!given.allFinite()) {
    vectors.setIdentity();
    return found;
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> of{Eigen::MatrixXd(given)};
  vectors = of.eigenvectors();
  Eigen::Map<Eigen::VectorXd>(found.values.data(), rank) = of.eigenvalues();
  return found;
}

void raise_to_rounding(std::vector<double>& values, double epsilon) {
  const double largest = std::max(0.0, *std::max_element(values.begin(), values.end()));
  const double least = 2 * static_cast<double>(values.size()) * epsilon * largest;
  for (double& value : values) value = std::max(value, least);
}

}  // namespace rankfill
