// SPDX-License-Identifier: Apache-2.0
#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/ordered_sum.cuh"
#include "kernels/gradient_rows.hpp"

namespace rankfill {

namespace {

/// One warp owns one row; each lane owns the components k = lane, lane + 32, ...
template <class T>
__global__ void grad_rows_warp_per_row(std::int64_t num_rows, int rank, EntryView<T> m, const T* u, const T* v, T* g,
                                       double* partial) {
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps()) {
    T* g_i = g + row * rank;
    for (int k = lane_id(); k < rank; k += warp_size) g_i[k] = 0;
    double sum = 0;
    for (std::int64_t p = m.row_ptr[row]; p < m.row_ptr[row + 1]; ++p) {
      const T* v_j = v + m.col(p) * rank;
      const T e = m.value(p) - warp_dot(rank, u + row * rank, v_j);
      for (int k = lane_id(); k < rank; k += warp_size) g_i[k] -= e * v_j[k];
      sum += double{e} * double{e};
    }
    if (lane_id() == 0) partial[row] = sum;
  }
}

}  // namespace

template <class T>
void gradient_rows(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                   const Factor<T, CudaBackend>& v, Gather, Factor<T, CudaBackend>& g,
                   Buffer<double, CudaBackend>& squared_error) {
  const SumSpace space(backend, m.num_rows, 1, 0, "sums of squared residuals");
  launch(backend, warp_per_row_shape(m.num_rows), grad_rows_warp_per_row<T>, m.num_rows, u.rank, view(m),
         u.values.data(), v.values.data(), g.values.data(), space.partial);
  ordered_sum<1>(backend, space.partial, m.num_rows, squared_error.data());
}

template void gradient_rows(CudaBackend&, const Csr<float, CudaBackend>&, const Factor<float, CudaBackend>&,
                            const Factor<float, CudaBackend>&, Gather, Factor<float, CudaBackend>&,
                            Buffer<double, CudaBackend>&);
template void gradient_rows(CudaBackend&, const Csr<double, CudaBackend>&, const Factor<double, CudaBackend>&,
                            const Factor<double, CudaBackend>&, Gather, Factor<double, CudaBackend>&,
                            Buffer<double, CudaBackend>&);

}  // namespace rankfill
