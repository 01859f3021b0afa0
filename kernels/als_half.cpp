// SPDX-License-Identifier: Apache-2.0
#include "kernels/als_half.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <limits>
#include <vector>

#include "backend/parallel.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

namespace {

/// Entries gathered before their outer products are added to A: enough to make the rank update a matrix product, small
/// enough that the tile stays in the second-level cache up to rank 1024.
constexpr int kTileEntries = 64;

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

/// Scratch of one thread.
template <class T>
struct RowSolver {
  using Vector = Eigen::Matrix<T, -1, 1>;
  explicit RowSolver(int rank)
      : gram(rank, rank), tile(rank, kTileEntries), gradient(rank), residual(rank), step(rank) {}
  Eigen::Matrix<T, -1, -1> gram, tile;  // tile: one gathered v_j per column
  Vector gradient, residual, step;
  Vector diagonal, scaled, direction, product;  // for conjugate gradients only
};

/// A d = g by at most `steps` steps of guarded conjugate gradients, scaled by the diagonal, from d = 0: docs/math.md Eq. 20.
/// d is s.step; s.residual = g - A d.
template <class T>
void iterate(RowSolver<T>& s, int steps) {
  s.step.setZero();
  s.residual = s.gradient;
  s.diagonal = s.gram.diagonal();
  s.direction = s.residual.cwiseQuotient(s.diagonal);
  T rz = s.residual.dot(s.direction);
  const T epsilon = std::numeric_limits<T>::epsilon(), enough = epsilon * epsilon / 4 * rz;
  for (int step = 0; step < steps && rz > enough; ++step) {
    s.product.noalias() = s.gram.template selfadjointView<Eigen::Lower>() * s.direction;
    const T curvature = s.direction.dot(s.product);
    if (!(curvature > 0)) break;
    s.step += rz / curvature * s.direction;
    s.residual -= rz / curvature * s.product;
    s.scaled = s.residual.cwiseQuotient(s.diagonal);
    const T next = s.residual.dot(s.scaled);
    s.direction = s.scaled + next / rz * s.direction;
    rz = next;
  }
}

template <class T>
std::array<double, 3> solve_row(RowSolver<T>& s, const Csr<T, CpuBackend>& m, std::int64_t row, T lambda,
                                const Factor<T, CpuBackend>& v, int cg_steps, T* u_i) {
  const int rank = v.rank;
  const std::int64_t first = m.row_ptr.data()[row], last = m.row_ptr.data()[row + 1];
  Eigen::Map<Eigen::Matrix<T, -1, 1>> u(u_i, rank);
  if (first == last) {  // A = lambda I, g = lambda u: the minimiser is 0, also when lambda = 0
    const double norm_squared = u.template cast<double>().squaredNorm();
    u.setZero();
    return {0, double{lambda} * double{lambda} * norm_squared, 0.5 * double{lambda} * norm_squared};
  }
  double squared_error = 0;
  s.gram.setZero();
  s.gradient = lambda * u;
  for (std::int64_t p = first; p < last; p += kTileEntries) {
    const int count = static_cast<int>(std::min<std::int64_t>(kTileEntries, last - p));
    for (int t = 0; t < count; ++t) {
      const T* v_j = v.values.data() + std::int64_t{m.col_idx.data()[p + t]} * rank;
      std::copy_n(v_j, rank, s.tile.col(t).data());
      const T e = m.values.data()[p + t] - dot(rank, u_i, v_j);
      axpy(rank, -e, v_j, s.gradient.data());
      squared_error += double{e} * double{e};
    }
    s.gram.template selfadjointView<Eigen::Lower>().rankUpdate(s.tile.leftCols(count));
  }
  s.gram.diagonal().array() += lambda;
  const T largest = s.gram.diagonal().maxCoeff(), epsilon = std::numeric_limits<T>::epsilon();
  s.gram.diagonal().array() += std::max(T{0}, 2 * T(rank) * epsilon * largest - lambda);
  if (cg_steps > 0) {
    iterate(s, cg_steps);
  } else {
    guarded_cholesky<T>(s.gram, std::max(epsilon * largest, std::numeric_limits<T>::min()));
    s.step = s.gradient;
    s.gram.template triangularView<Eigen::Lower>().solveInPlace(s.step);
    s.gram.template triangularView<Eigen::Lower>().transpose().solveInPlace(s.step);
    s.residual.setZero();
  }
  u -= s.step;
  const auto g = s.gradient.template cast<double>(), r = s.residual.template cast<double>();
  return {squared_error, g.squaredNorm(), 0.5 * (g + r).dot(s.step.template cast<double>())};
}

}  // namespace

template <class T>
void als_half(CpuBackend& backend, const Csr<T, CpuBackend>& m, double lambda, const Buffer<T, CpuBackend>& weights,
              const Factor<T, CpuBackend>& v, const HalfSweepControl& control, Factor<T, CpuBackend>& u,
              Buffer<double, CpuBackend>& sums) {
  // Rows are dealt one by one because their cost varies by orders of magnitude; partial sums are kept per row and added in
  // row order, so the schedule does not show in the result.
  std::vector<std::array<double, 3>> partial(static_cast<std::size_t>(m.num_rows));
#pragma omp parallel num_threads(backend.threads())
  {
    RowSolver<T> solver(v.rank);
#pragma omp for schedule(dynamic, 4)
    for (std::int64_t row = 0; row < m.num_rows; ++row) {
      const T scaled = static_cast<T>(lambda) * (weights.empty() ? T{1} : weights.data()[row]);
      partial[static_cast<std::size_t>(row)] =
          solve_row(solver, m, row, scaled, v, control.cg_steps, u.values.data() + row * u.rank);
    }
  }
  std::fill_n(sums.data(), kHalfSweepSums, 0.0);
  for (const auto& row : partial)
    for (std::size_t t = 0; t < kHalfSweepSums; ++t) sums.data()[t] += row[t];
}

template void als_half(CpuBackend&, const Csr<float, CpuBackend>&, double, const Buffer<float, CpuBackend>&,
                       const Factor<float, CpuBackend>&, const HalfSweepControl&, Factor<float, CpuBackend>&,
                       Buffer<double, CpuBackend>&);
template void als_half(CpuBackend&, const Csr<double, CpuBackend>&, double, const Buffer<double, CpuBackend>&,
                       const Factor<double, CpuBackend>&, const HalfSweepControl&, Factor<double, CpuBackend>&,
                       Buffer<double, CpuBackend>&);

}  // namespace rankfill
