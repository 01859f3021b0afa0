// SPDX-License-Identifier: Apache-2.0
#include "kernels/residual.hpp"

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/ordered_sum.cuh"

namespace rankfill {

namespace {

/// One warp owns one row; lanes share the dot of each entry.
template <class T>
__global__ void residual_warp_per_row(std::int64_t num_rows, int rank, EntryView<T> m, const T* u, const T* v, T* e) {
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps())
    for (std::int64_t p = m.row_ptr[row]; p < m.row_ptr[row + 1]; ++p) {
      const T predicted = warp_dot(rank, u + row * rank, v + m.col(p) * rank);
      if (lane_id() == 0) e[p] = m.value(p) - predicted;
    }
}

}  // namespace

template <class T>
void residual(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
              const Factor<T, CudaBackend>& v, Buffer<T, CudaBackend>& e) {
  if (m.num_entries == 0) return;
  launch(backend, warp_per_row_shape(m.num_rows), residual_warp_per_row<T>, m.num_rows, u.rank, view(m),
         u.values.data(), v.values.data(), e.data());
}

template void residual(CudaBackend&, const Csr<float, CudaBackend>&, const Factor<float, CudaBackend>&,
                       const Factor<float, CudaBackend>&, Buffer<float, CudaBackend>&);
template void residual(CudaBackend&, const Csr<double, CudaBackend>&, const Factor<double, CudaBackend>&,
                       const Factor<double, CudaBackend>&, Buffer<double, CudaBackend>&);

}  // namespace rankfill
