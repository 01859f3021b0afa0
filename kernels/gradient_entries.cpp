// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_entries.hpp"

#include <algorithm>

#include "backend/parallel.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

namespace {

/// g_i = - sum_j (m_ij - <u_i, v_j>) v_j for every row; returns the sum of squared residuals.  One gather of v per entry.
template <class T>
double gradient_rows(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& u,
                     const Factor<T, CpuBackend>& v, Factor<T, CpuBackend>& g) {
  const int rank = u.rank;
  return ordered_sum<1>(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    std::array<double, 1> sum{};
    for (std::int64_t p = m.row_ptr.data()[first], row = first; row < last; ++row) {
      const T* u_i = u.values.data() + row * rank;
      T* g_i = g.values.data() + row * rank;
      std::fill_n(g_i, rank, T{0});
      for (; p < m.row_ptr.data()[row + 1]; ++p) {
        const T* v_j = v.values.data() + std::int64_t{m.col_idx.data()[p]} * rank;
        const T e = m.values.data()[p] - dot(rank, u_i, v_j);
        axpy(rank, -e, v_j, g_i);
        sum[0] += double{e} * double{e};
      }
    }
    return sum;
  })[0];
}

}  // namespace

template <class T>
void gradient_entries(CpuBackend& backend, const Observations<T, CpuBackend>& observations,
                      const Factors<T, CpuBackend>& at, Factors<T, CpuBackend>& gradient,
                      Buffer<double, CpuBackend>& squared_error) {
  *squared_error.data() = gradient_rows(backend, observations.by_row, at.row, at.col, gradient.row);
  gradient_rows(backend, observations.by_col, at.col, at.row, gradient.col);
}

template void gradient_entries(CpuBackend&, const Observations<float, CpuBackend>&, const Factors<float, CpuBackend>&,
                               Factors<float, CpuBackend>&, Buffer<double, CpuBackend>&);
template void gradient_entries(CpuBackend&, const Observations<double, CpuBackend>&, const Factors<double, CpuBackend>&,
                               Factors<double, CpuBackend>&, Buffer<double, CpuBackend>&);

}  // namespace rankfill
