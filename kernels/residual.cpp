// SPDX-License-Identifier: Apache-2.0
#include "kernels/residual.hpp"

#include "backend/parallel.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

template <class T>
void residual(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& u,
              const Factor<T, CpuBackend>& v, Buffer<T, CpuBackend>& e) {
  const int rank = u.rank;
  for_blocks(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t p = m.row_ptr.data()[first], row = first; row < last; ++row) {
      const T* u_i = u.values.data() + row * rank;
      for (; p < m.row_ptr.data()[row + 1]; ++p)
        e.data()[p] = m.values.data()[p] - dot(rank, u_i, v.values.data() + std::int64_t{m.col_idx.data()[p]} * rank);
    }
  });
}

template void residual(CpuBackend&, const Csr<float, CpuBackend>&, const Factor<float, CpuBackend>&,
                       const Factor<float, CpuBackend>&, Buffer<float, CpuBackend>&);
template void residual(CpuBackend&, const Csr<double, CpuBackend>&, const Factor<double, CpuBackend>&,
                       const Factor<double, CpuBackend>&, Buffer<double, CpuBackend>&);

}  // namespace rankfill
