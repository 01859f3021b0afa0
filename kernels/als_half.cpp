// SPDX-License-Identifier: Apache-2.0
#include "kernels/als_half.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "backend/parallel.hpp"
#include "kernels/cpu/conjugate_rows.hpp"
#include "kernels/cpu/row_system.hpp"

namespace rankfill {

namespace {

/// Exact solution of one row.
template <class T>
std::array<double, 3> solve_row(RowSystem<T>& s, const Csr<T, CpuBackend>& m, std::int64_t row, T lambda,
                                const Factor<T, CpuBackend>& v, T* u_i) {
  std::array<double, 3> sums{s.form(m, row, lambda, v, u_i), 0, 0};
  s.factor();
  std::copy_n(s.gradient.data(), s.padded, s.u.data());
  s.solve(s.u.data());
  for (int k = 0; k < s.rank; ++k) {
    const double g = s.gradient[k], d = s.u[k];
    sums[1] += g * g;
    sums[2] += 0.5 * g * d;
    u_i[k] -= s.u[k];
  }
  return sums;
}

/// A row without entries: A = lambda I, g = lambda u, and the minimiser is 0, also when lambda = 0.
template <class T>
std::array<double, 3> clear_row(int rank, T lambda, T* u_i) {
  double norm_squared = 0;
  for (int k = 0; k < rank; ++k) norm_squared += double{u_i[k]} * double{u_i[k]};
  std::fill_n(u_i, rank, T{0});
  return {0, double{lambda} * double{lambda} * norm_squared, 0.5 * double{lambda} * norm_squared};
}

/// A half-sweep's data, and what its rows leave.
template <class T>
struct HalfTask {
  CpuBackend& backend;
  const Csr<T, CpuBackend>& m;
  double lambda;
  const Buffer<T, CpuBackend>& weights;
  const Factor<T, CpuBackend>& v;
  const HalfSweepControl& control;
  Factor<T, CpuBackend>& u;
  std::vector<std::array<double, 3>> sums;  ///< of every row: added up in row order, so the schedule does not show

  std::int64_t entries(std::int64_t row) const { return m.row_ptr.data()[row + 1] - m.row_ptr.data()[row]; }
  T lambda_of(std::int64_t row) const {
    return static_cast<T>(lambda) * (weights.empty() ? T{1} : weights.data()[row]);
  }
  T* u_of(std::int64_t row) const { return u.values.data() + row * u.rank; }
};

template <class T>
void solve_exactly(HalfTask<T>& task) {
#pragma omp parallel num_threads(task.backend.threads())
  {
    RowSystem<T> system(task.v.rank);
#pragma omp for schedule(dynamic, 4)  // the cost of a row varies by orders of magnitude
    for (std::int64_t row = 0; row < task.m.num_rows; ++row) {
      const T lambda = task.lambda_of(row);
      task.sums[static_cast<std::size_t>(row)] = task.entries(row) == 0
                                                     ? clear_row(task.u.rank, lambda, task.u_of(row))
                                                     : solve_row(system, task.m, row, lambda, task.v, task.u_of(row));
    }
  }
}

/// Rows are independent, so neither groups nor schedule show in the result.
template <class T>
void solve_by_steps(HalfTask<T>& task) {
  const PaddedRows<T> v(task.backend, task.v);
  const LongRows<T> found(task.backend, task.m, v);
  const auto lambda_of = [&](std::int64_t row) { return task.lambda_of(row); };
  const auto keep = [&](std::int64_t row, const std::array<double, 3>& sums) {
    task.sums[static_cast<std::size_t>(row)] = sums;
  };
#pragma omp parallel num_threads(task.backend.threads())
  {
    ConjugateRows<T> system(task.m, v, task.control, task.u.rank, found.most_rows());
#pragma omp for schedule(dynamic, 1) nowait
    for (std::size_t g = 0; g < found.groups(); ++g) system.solve(found.group(g), true, lambda_of, task.u, keep);
#pragma omp for schedule(dynamic, 4)
    for (std::int64_t row = 0; row < task.m.num_rows; ++row) {
      if (task.entries(row) == 0)
        keep(row, clear_row(task.u.rank, task.lambda_of(row), task.u_of(row)));
      else if (!found.contain(task.entries(row)))
        system.solve({&row, 1}, false, lambda_of, task.u, keep);
    }
  }
}

}  // namespace

template <class T>
void als_half(CpuBackend& backend, const Csr<T, CpuBackend>& m, double lambda, const Buffer<T, CpuBackend>& weights,
              const Factor<T, CpuBackend>& v, const HalfSweepControl& control, Factor<T, CpuBackend>& u,
              Buffer<double, CpuBackend>& sums) {
  HalfTask<T> task{backend, m, lambda, weights, v, control, u, {}};
  task.sums.resize(static_cast<std::size_t>(m.num_rows));
  if (control.cg_steps == 0)
    solve_exactly(task);
  else
    solve_by_steps(task);
  std::fill_n(sums.data(), kHalfSweepSums, 0.0);
  for (const auto& row : task.sums)
    for (std::size_t t = 0; t < kHalfSweepSums; ++t) sums.data()[t] += row[t];
}

template void als_half(CpuBackend&, const Csr<float, CpuBackend>&, double, const Buffer<float, CpuBackend>&,
                       const Factor<float, CpuBackend>&, const HalfSweepControl&, Factor<float, CpuBackend>&,
                       Buffer<double, CpuBackend>&);
template void als_half(CpuBackend&, const Csr<double, CpuBackend>&, double, const Buffer<double, CpuBackend>&,
                       const Factor<double, CpuBackend>&, const HalfSweepControl&, Factor<double, CpuBackend>&,
                       Buffer<double, CpuBackend>&);

}  // namespace rankfill
