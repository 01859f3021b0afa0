// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_scatter.hpp"

#include "backend/cpu.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

template <class T>
void gradient_scatter(CpuBackend&, const Observations<T, CpuBackend>& observations, const Factors<T, CpuBackend>& at,
                      Factors<T, CpuBackend>& gradient, Buffer<double, CpuBackend>& squared_error) {
  const Csr<T, CpuBackend>& m = observations.by_row;
  const int rank = at.row.rank;
  gradient.fill_zero();
  double sum = 0;
  for (std::int64_t p = 0; p < m.num_entries; ++p) {
    const std::int64_t i = std::int64_t{observations.row_idx.data()[p]} * rank;
    const std::int64_t j = std::int64_t{m.col_idx.data()[p]} * rank;
    const T* u_i = at.row.values.data() + i;
    const T* v_j = at.col.values.data() + j;
    const T e = m.values.data()[p] - dot(rank, u_i, v_j);
    axpy(rank, -e, v_j, gradient.row.values.data() + i);
    axpy(rank, -e, u_i, gradient.col.values.data() + j);
    sum += double{e} * double{e};
  }
  *squared_error.data() = sum;
}

template void gradient_scatter(CpuBackend&, const Observations<float, CpuBackend>&, const Factors<float, CpuBackend>&,
                               Factors<float, CpuBackend>&, Buffer<double, CpuBackend>&);
template void gradient_scatter(CpuBackend&, const Observations<double, CpuBackend>&, const Factors<double, CpuBackend>&,
                               Factors<double, CpuBackend>&, Buffer<double, CpuBackend>&);

}  // namespace rankfill
