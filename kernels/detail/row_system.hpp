// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <limits>

#include "backend/cpu.hpp"
#include "kernels/detail/rows.hpp"

// The system A d = g of one row on the CPU: docs/math.md Eq. 12.

namespace rankfill {

/// Entries gathered before their outer products are added to A: enough to make the rank update a matrix product, small
/// enough that the tile stays in the second-level cache up to rank 1024.
inline constexpr int kTileEntries = 64;

/// Cholesky A = L L^T in the lower triangle, in place, every pivot kept at or above `floor`.  Column blocks: the trailing
/// update is a matrix product.
template <class T>
void guarded_cholesky(Eigen::Ref<Eigen::Matrix<T, -1, -1>> a, T floor) {
  constexpr Eigen::Index kBlock = 32;
  const Eigen::Index size = a.rows();
  for (Eigen::Index first = 0; first < size; first += kBlock) {
    const Eigen::Index width = std::min(kBlock, size - first), below = size - first - width;
    for (Eigen::Index j = first; j < first + width; ++j) {
      const Eigen::Index rest = size - j - 1;
      const T pivot = std::sqrt(std::max(a(j, j), floor));
      a(j, j) = pivot;
      if (rest == 0) continue;
      a.col(j).tail(rest) /= pivot;
      // within the block of columns only
      for (Eigen::Index c = j + 1; c < first + width; ++c) a.col(c).tail(size - c) -= a(c, j) * a.col(j).tail(size - c);
    }
    if (below > 0)
      a.bottomRightCorner(below, below)
          .template selfadjointView<Eigen::Lower>()
          .rankUpdate(a.block(first + width, first, below, width), T{-1});
  }
}

/// A (lower triangle) and g of one row, with the room to form them.
template <class T>
struct RowSystem {
  using Vector = Eigen::Matrix<T, -1, 1>;
  explicit RowSystem(int rank) : gram(rank, rank), gradient(rank), tile(rank, kTileEntries) {}

  /// Reads the entries of a row that has some.  Where `lambda` (times the weight) is too small for rounding, the diagonal is
  /// raised.  Returns the sum of squared residuals.
  double form(const Csr<T, CpuBackend>& m, std::int64_t row, T lambda, const Factor<T, CpuBackend>& v, const T* u_i) {
    const int rank = v.rank;
    const std::int64_t first = m.row_ptr.data()[row], last = m.row_ptr.data()[row + 1];
    double squared_error = 0;
    gram.setZero();
    gradient = lambda * Eigen::Map<const Vector>(u_i, rank);
    for (std::int64_t p = first; p < last; p += kTileEntries) {
      const int count = static_cast<int>(std::min<std::int64_t>(kTileEntries, last - p));
      for (int t = 0; t < count; ++t) {
        const T* v_j = v.values.data() + std::int64_t{m.col_idx.data()[p + t]} * rank;
        std::copy_n(v_j, rank, tile.col(t).data());
        const T e = m.values.data()[p + t] - dot(rank, u_i, v_j);
        axpy(rank, -e, v_j, gradient.data());
        squared_error += double{e} * double{e};
      }
      gram.template selfadjointView<Eigen::Lower>().rankUpdate(tile.leftCols(count));
    }
    gram.diagonal().array() += lambda;
    const T largest = gram.diagonal().maxCoeff(), epsilon = std::numeric_limits<T>::epsilon();
    gram.diagonal().array() += std::max(T{0}, 2 * T(rank) * epsilon * largest - lambda);
    floor = std::max(epsilon * largest, std::numeric_limits<T>::min());
    return squared_error;
  }

  /// gram <- L, A = L L^T.
  void factor() { guarded_cholesky<T>(gram, floor); }

  Eigen::Matrix<T, -1, -1> gram;
  Vector gradient;

 private:
  Eigen::Matrix<T, -1, -1> tile;  // one gathered v_j per column
  T floor = 0;
};

}  // namespace rankfill
