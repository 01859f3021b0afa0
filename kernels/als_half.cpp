// SPDX-License-Identifier: Apache-2.0
#include "kernels/als_half.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <vector>

#include "backend/parallel.hpp"
#include "kernels/cpu/row_system.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

namespace {

/// Rows whose fetched entries fit are solved by conjugate gradients without a Gram matrix: the share of a third-level cache.
/// Out of it, passing over what was kept costs more than a Gram matrix.
constexpr std::int64_t kHeldBytes = std::int64_t{1} << 24;

/// A d = g of one row, without A: its entries are fetched once and kept, and A x = sum_j v_j <v_j, x> + lambda x.  docs/math.md
/// Eq. 20.  A product costs 4 k flops per entry and one pass over what was kept, against k^2 flops per entry to form A.
template <class T>
class HeldRow {
 public:
  HeldRow(int rank, std::int64_t longest)
      : gather_(rank),
        capacity_(std::min(longest, kHeldBytes / static_cast<std::int64_t>(sizeof(T)) / gather_.padded)),
        held_(gather_.size() * static_cast<std::size_t>(capacity_)),
        scale_(gather_.size()),
        residual_(gather_.size()),
        direction_(gather_.size()),
        product_(gather_.size()),
        step_(gather_.size()) {}

  bool holds(std::int64_t entries) const { return entries <= capacity_; }

  std::array<double, 3> solve(const Csr<T, CpuBackend>& m, std::int64_t row, T lambda, const Factor<T, CpuBackend>& v,
                              const HalfSweepControl& control, T* u_i) {
    const double squared_error = fetch(m, row, lambda, v, u_i);
    iterate(control);
    const int padded = gather_.padded;
    const T *g = gather_.gradient.data(), *d = step_.data();
    const auto& in_double = gather_.loops.dot_in_double;
    const std::array<double, 3> sums{squared_error, in_double(padded, g, g),
                                     0.5 * (in_double(padded, g, d) + in_double(padded, residual_.data(), d))};
    for (int k = 0; k < gather_.rank; ++k) u_i[k] -= d[k];
    return sums;
  }

 private:
  double fetch(const Csr<T, CpuBackend>& m, std::int64_t row, T lambda, const Factor<T, CpuBackend>& v, const T* u_i) {
    const int rank = gather_.rank, padded = gather_.padded;
    std::fill_n(gather_.gradient.data(), padded, T{0});
    std::fill_n(scale_.data(), padded, T{0});
    count_ = 0;
    std::copy_n(u_i, rank, gather_.u.data());
    double squared_error = 0;
    gather_.for_slices(m, row, v, [&](const EntrySlice<T>& slice) {
      squared_error += gather_.loops.gather_all(slice, padded, gather_.u.data(), held_.data() + count_ * padded,
                                                gather_.e.data(), gather_.gradient.data(), scale_.data());
      count_ += slice.count;
    });
    T largest = 0;
    for (int k = 0; k < rank; ++k) {
      gather_.gradient[k] = lambda * u_i[k] - gather_.gradient[k];
      largest = std::max(largest, scale_[k] + lambda);
    }
    shift_ = std::max(lambda, 2 * T(rank) * std::numeric_limits<T>::epsilon() * largest);
    for (int k = 0; k < rank; ++k) scale_[k] = 1 / (scale_[k] + shift_);
    return squared_error;
  }

  /// product = A x
  void multiply(const T* x) {
    const int padded = gather_.padded;
    for (int k = 0; k < padded; ++k) product_[k] = shift_ * x[k];
    gather_.loops.apply(padded, count_, gather_.entries, held_.data(), x, gather_.e.data(), product_.data());
  }

  /// Guarded steps, scaled by the diagonal, from d = 0.  residual = g - A d.
  void iterate(const HalfSweepControl& control) {
    const int padded = gather_.padded;
    for (int k = 0; k < padded; ++k) {
      step_[k] = 0;
      residual_[k] = gather_.gradient[k];
      direction_[k] = residual_[k] * scale_[k];
    }
    const auto& dot = gather_.loops.dot;
    T rz = dot(padded, residual_.data(), direction_.data());
    const T epsilon = std::numeric_limits<T>::epsilon(), enough = epsilon * epsilon / 4 * rz;
    const T wanted =
        control.cg_tolerance > 0 ? static_cast<T>(control.cg_tolerance) * rz : std::numeric_limits<T>::infinity();
    for (int step = 0; step < 8 * control.cg_steps && rz > enough; ++step) {
      if (step >= control.cg_steps && rz <= wanted) break;
      multiply(direction_.data());
      const T curvature = dot(padded, direction_.data(), product_.data());
      if (!(curvature > 0)) break;
      axpy(padded, rz / curvature, direction_.data(), step_.data());
      axpy(padded, -rz / curvature, product_.data(), residual_.data());
      for (int k = 0; k < padded; ++k) product_[k] = residual_[k] * scale_[k];
      const T next = dot(padded, residual_.data(), product_.data());
      const T turn = next / rz;
      for (int k = 0; k < padded; ++k) direction_[k] = product_[k] + turn * direction_[k];
      rz = next;
    }
  }

  RowGather<T> gather_;
  std::int64_t capacity_, count_ = 0;
  AlignedArray<T> held_;   ///< capacity x padded
  AlignedArray<T> scale_;  ///< 1 / A_kk; 0 in the padding
  AlignedArray<T> residual_, direction_, product_, step_;
  T shift_ = 0;  ///< of the diagonal of A: lambda, or more
};

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

}  // namespace

template <class T>
void als_half(CpuBackend& backend, const Csr<T, CpuBackend>& m, double lambda, const Buffer<T, CpuBackend>& weights,
              const Factor<T, CpuBackend>& v, const HalfSweepControl& control, Factor<T, CpuBackend>& u,
              Buffer<double, CpuBackend>& sums) {
  // Rows are dealt one by one because their cost varies by orders of magnitude; partial sums are kept per row and added in
  // row order, so the schedule does not show in the result.
  std::vector<std::array<double, 3>> partial(static_cast<std::size_t>(m.num_rows));
  std::int64_t longest = 0;
  for (std::int64_t row = 0; row < m.num_rows; ++row)
    longest = std::max(longest, m.row_ptr.data()[row + 1] - m.row_ptr.data()[row]);
#pragma omp parallel num_threads(backend.threads())
  {
    RowSystem<T> system(v.rank);
    std::optional<HeldRow<T>> held;
    if (control.cg_steps > 0) held.emplace(v.rank, longest);
#pragma omp for schedule(dynamic, 4)
    for (std::int64_t row = 0; row < m.num_rows; ++row) {
      const T scaled = static_cast<T>(lambda) * (weights.empty() ? T{1} : weights.data()[row]);
      const std::int64_t count = m.row_ptr.data()[row + 1] - m.row_ptr.data()[row];
      T* u_i = u.values.data() + row * u.rank;
      auto& sum = partial[static_cast<std::size_t>(row)];
      if (count == 0)
        sum = clear_row(u.rank, scaled, u_i);
      else if (held && held->holds(count))
        sum = held->solve(m, row, scaled, v, control, u_i);
      else
        sum = solve_row(system, m, row, scaled, v, u_i);
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
