// SPDX-License-Identifier: Apache-2.0
#include "kernels/update.hpp"

#include "kernels/detail/blas.cuh"

namespace rankfill {

template <class T>
void update(CudaBackend& backend, double alpha, const Factor<T, CudaBackend>& x, double beta,
            Factor<T, CudaBackend>& y) {
  const T a = static_cast<T>(alpha), b = static_cast<T>(beta);
  if (b == 0) y.values.fill_zero();  // scal would keep a NaN
  blas::in_pieces(x.values.size(), [&](std::int64_t first, int count) {
    if (b != 0 && b != 1) blas::scal(backend, count, b, y.values.data() + first);
    blas::axpy(backend, count, a, x.values.data() + first, y.values.data() + first);
  });
}

template void update(CudaBackend&, double, const Factor<float, CudaBackend>&, double, Factor<float, CudaBackend>&);
template void update(CudaBackend&, double, const Factor<double, CudaBackend>&, double, Factor<double, CudaBackend>&);

}  // namespace rankfill
