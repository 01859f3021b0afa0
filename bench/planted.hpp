// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/detail/normal_pair.hpp"
#include "rankfill/entries.hpp"
#include "rankfill/model.hpp"

namespace rankfill::bench {

/// A matrix of known low rank, X = A diag(sigma) B^T with orthonormal random A and B and sigma falling geometrically from 1 to
/// 1 / condition, and some of its entries, drawn evenly without replacement.
struct Planted {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Matrix left, right;  ///< A diag(sigma), B
  Entries entries;

  Planted(int size, int rank, double condition, double oversampling, std::uint64_t seed)
      : left(orthonormal(size, rank, seed, 0)), right(orthonormal(size, rank, seed, 1)) {
    for (int k = 0; k < rank; ++k)
      left.col(k) *= rank == 1 ? 1 : std::pow(condition, -static_cast<double>(k) / (rank - 1));
    const auto cells = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
    const double wanted = oversampling * rank * (2.0 * size - rank);
    auto left_to_draw = static_cast<std::size_t>(std::llround(std::min(wanted, static_cast<double>(cells))));
    std::mt19937_64 random(seed);
    entries.num_rows = entries.num_cols = size;
    entries.source = "planted";
    for (std::size_t cell = 0; cell < cells; ++cell) {  // selection sampling, Knuth's algorithm S
      if (random() % (cells - cell) >= left_to_draw) continue;
      --left_to_draw;
      const auto i = static_cast<std::int32_t>(cell / static_cast<std::size_t>(size)),
                 j = static_cast<std::int32_t>(cell % static_cast<std::size_t>(size));
      entries.rows.push_back(i);
      entries.cols.push_back(j);
      entries.values.push_back(left.row(i).dot(right.row(j)));
    }
  }

  /// |X - U V^T| / |X| over all entries, observed or not.
  double relative_error(const Model& model) const {
    const auto matrix = [](const FactorMatrix& x) {
      return std::visit(
          [&](const auto& values) {
            Matrix copy(x.num_rows, x.rank);
            std::copy(values.begin(), values.end(), copy.data());
            return copy;
          },
          x.values);
    };
    const Matrix u = matrix(model.row_factors), v = matrix(model.col_factors);
    double error = 0, norm = 0;
    for (Eigen::Index i = 0; i < left.rows(); ++i) {
      const Eigen::VectorXd truth = right * left.row(i).transpose();
      error += (truth - v * u.row(i).transpose() - Eigen::VectorXd::Constant(truth.size(), model.mean)).squaredNorm();
      norm += truth.squaredNorm();
    }
    return std::sqrt(error / norm);
  }

 private:
  static Matrix orthonormal(int size, int rank, std::uint64_t seed, std::uint32_t side) {
    Eigen::MatrixXd x(size, rank);
    for (int i = 0; i < size; ++i)
      for (int k = 0; k < rank; ++k)
        x(i, k) = normal_pair<double>(seed, 2 + side, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(k))[0];
    return Eigen::HouseholderQR<Eigen::MatrixXd>(x).householderQ() * Eigen::MatrixXd::Identity(size, rank);
  }
};

}  // namespace rankfill::bench
