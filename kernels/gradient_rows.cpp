// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_rows.hpp"

#include <algorithm>

#include "backend/parallel.hpp"
#include "kernels/cpu/row_system.hpp"

namespace rankfill {

template <class T>
void gradient_rows(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& u,
                   const Factor<T, CpuBackend>& v, Gather, Factor<T, CpuBackend>& g,
                   Buffer<double, CpuBackend>& squared_error) {
  *squared_error.data() = ordered_sum<1>(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    RowGather<T> entries(u.rank);
    std::array<double, 1> sum{};
    for (std::int64_t row = first; row < last; ++row) {
      std::fill_n(entries.gradient.data(), entries.padded, T{0});
      sum[0] += entries.add_gradient(m, row, v, u.values.data() + row * u.rank);
      T* g_i = g.values.data() + row * u.rank;
      for (int k = 0; k < u.rank; ++k) g_i[k] = 0 - entries.gradient[k];
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
