// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_projection.hpp"

#include <algorithm>

#include "backend/parallel.hpp"
#include "kernels/detail/rows.hpp"
#include "kernels/residual.hpp"

namespace rankfill {

namespace {

/// g = - R v, R having the pattern of m and the values r (the product a sparse library calls SpMM).
template <class T>
void negative_product(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Buffer<T, CpuBackend>& r,
                      const Factor<T, CpuBackend>& v, Factor<T, CpuBackend>& g) {
  const int rank = v.rank;
  for_blocks(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t p = m.row_ptr.data()[first], row = first; row < last; ++row) {
      T* g_i = g.values.data() + row * rank;
      std::fill_n(g_i, rank, T{0});
      for (; p < m.row_ptr.data()[row + 1]; ++p)
        axpy(rank, -r.data()[p], v.values.data() + std::int64_t{m.col_idx.data()[p]} * rank, g_i);
    }
  });
}

template <class T>
double sum_of_squares(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Buffer<T, CpuBackend>& r) {
  return ordered_sum<1>(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    std::array<double, 1> sum{};
    for (std::int64_t p = m.row_ptr.data()[first]; p < m.row_ptr.data()[last]; ++p)
      sum[0] += double{r.data()[p]} * double{r.data()[p]};
    return sum;
  })[0];
}

}  // namespace

template <class T>
void gradient_projection(CpuBackend& backend, const Observations<T, CpuBackend>& observations,
                         const Factors<T, CpuBackend>& at, Buffer<T, CpuBackend>& r, Factors<T, CpuBackend>& gradient,
                         Buffer<double, CpuBackend>& squared_error) {
  // R = P o (M - U V^T), then -R V
  residual(backend, observations.by_row, at.row, at.col, r);
  negative_product(backend, observations.by_row, r, at.col, gradient.row);
  *squared_error.data() = sum_of_squares(backend, observations.by_row, r);
  // R^T = P^T o (M^T - V U^T), then -R^T U
  residual(backend, observations.by_col, at.col, at.row, r);
  negative_product(backend, observations.by_col, r, at.row, gradient.col);
}

template void gradient_projection(CpuBackend&, const Observations<float, CpuBackend>&,
                                  const Factors<float, CpuBackend>&, Buffer<float, CpuBackend>&,
                                  Factors<float, CpuBackend>&, Buffer<double, CpuBackend>&);
template void gradient_projection(CpuBackend&, const Observations<double, CpuBackend>&,
                                  const Factors<double, CpuBackend>&, Buffer<double, CpuBackend>&,
                                  Factors<double, CpuBackend>&, Buffer<double, CpuBackend>&);

}  // namespace rankfill
