// SPDX-License-Identifier: Apache-2.0
#include "kernels/als_half.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "backend/parallel.hpp"
#include "kernels/detail/row_system.hpp"

namespace rankfill {

namespace {

/// Scratch of one thread.
template <class T>
struct RowSolver : RowSystem<T> {
  explicit RowSolver(int rank) : RowSystem<T>(rank), residual(rank), step(rank) {}
  typename RowSystem<T>::Vector residual, step;
  typename RowSystem<T>::Vector diagonal, scaled, direction, product;  // for conjugate gradients only
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
  const double squared_error = s.form(m, row, lambda, v, u_i);
  if (cg_steps > 0) {
    iterate(s, cg_steps);
  } else {
    s.factor();
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
