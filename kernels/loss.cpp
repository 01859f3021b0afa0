// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss.hpp"

#include "backend/parallel.hpp"
#include "kernels/cpu/row_system.hpp"

namespace rankfill {

template <class T>
double read_squared_error(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& u,
                          const Factor<T, CpuBackend>& v) {
  return ordered_sum<1>(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    RowGather<T> entries(u.rank);
    std::array<double, 1> sum{};
    for (std::int64_t row = first; row < last; ++row)
      sum[0] += entries.for_tiles(m, row, v, u.values.data() + row * u.rank, [](const T*, int) {});
    return sum;
  })[0];
}

template double read_squared_error(CpuBackend&, const Csr<float, CpuBackend>&, const Factor<float, CpuBackend>&,
                                   const Factor<float, CpuBackend>&);
template double read_squared_error(CpuBackend&, const Csr<double, CpuBackend>&, const Factor<double, CpuBackend>&,
                                   const Factor<double, CpuBackend>&);

}  // namespace rankfill
