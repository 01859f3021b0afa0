// SPDX-License-Identifier: Apache-2.0
#include "kernels/update.hpp"

#include "backend/parallel.hpp"

namespace rankfill {

template <class T>
void update(CpuBackend& backend, double alpha, const Factor<T, CpuBackend>& x, double beta, Factor<T, CpuBackend>& y) {
  const T a = static_cast<T>(alpha), b = static_cast<T>(beta);
  for_blocks(backend, x.num_rows, [&](std::int64_t first, std::int64_t last) {
    const T* from = x.values.data();
    T* to = y.values.data();
    for (std::int64_t k = first * x.rank; k < last * x.rank; ++k)
      to[k] = b == 0 ? a * from[k] : a * from[k] + b * to[k];
  });
}

template void update(CpuBackend&, double, const Factor<float, CpuBackend>&, double, Factor<float, CpuBackend>&);
template void update(CpuBackend&, double, const Factor<double, CpuBackend>&, double, Factor<double, CpuBackend>&);

}  // namespace rankfill
