// SPDX-License-Identifier: Apache-2.0
#include "kernels/residual.hpp"

#include <algorithm>

#include "backend/parallel.hpp"
#include "kernels/cpu/row_system.hpp"

namespace rankfill {

template <class T>
void residual(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& u,
              const Factor<T, CpuBackend>& v, Buffer<T, CpuBackend>& e) {
  for_blocks(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    RowGather<T> entries(u.rank);
    T* e_p = e.data() + m.row_ptr.data()[first];
    for (std::int64_t row = first; row < last; ++row)
      entries.for_tiles(m, row, v, u.values.data() + row * u.rank,
                        [&](const T*, int count) { e_p = std::copy_n(entries.e.data(), count, e_p); });
  });
}

template void residual(CpuBackend&, const Csr<float, CpuBackend>&, const Factor<float, CpuBackend>&,
                       const Factor<float, CpuBackend>&, Buffer<float, CpuBackend>&);
template void residual(CpuBackend&, const Csr<double, CpuBackend>&, const Factor<double, CpuBackend>&,
                       const Factor<double, CpuBackend>&, Buffer<double, CpuBackend>&);

}  // namespace rankfill
