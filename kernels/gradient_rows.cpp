// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_rows.hpp"

#include <algorithm>

#include "backend/parallel.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

template <class T>
void gradient_rows(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& u,
                   const Factor<T, CpuBackend>& v, Gather, Factor<T, CpuBackend>& g,
                   Buffer<double, CpuBackend>& squared_error) {
  const int rank = u.rank;
  *squared_error.data() = ordered_sum<1>(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
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

template void gradient_rows(CpuBackend&, const Csr<float, CpuBackend>&, const Factor<float, CpuBackend>&,
                            const Factor<float, CpuBackend>&, Gather, Factor<float, CpuBackend>&,
                            Buffer<double, CpuBackend>&);
template void gradient_rows(CpuBackend&, const Csr<double, CpuBackend>&, const Factor<double, CpuBackend>&,
                            const Factor<double, CpuBackend>&, Gather, Factor<double, CpuBackend>&,
                            Buffer<double, CpuBackend>&);

}  // namespace rankfill
