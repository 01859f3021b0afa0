// SPDX-License-Identifier: Apache-2.0
#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/ordered_sum.cuh"
#include "kernels/loss.hpp"

namespace rankfill {

namespace {

/// One warp owns one row and leaves its sum of squares in partial[row].
template <class T>
__global__ void squared_error_warp_per_row(std::int64_t num_rows, int rank, EntryView<T> m, const T* u, const T* v,
                                           double* partial) {
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps()) {
    double sum = 0;
    for (std::int64_t p = m.row_ptr[row]; p < m.row_ptr[row + 1]; ++p) {
      const double e = m.value(p) - warp_dot(rank, u + row * rank, v + m.col(p) * rank);
      sum += e * e;
    }
    if (lane_id() == 0) partial[row] = sum;
  }
}

}  // namespace

template <class T>
double read_squared_error(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                          const Factor<T, CudaBackend>& v) {
  if (m.num_entries == 0) return 0;
  const SumSpace space(backend, m.num_rows, 1, 0, "sums of squared residuals");
  launch(backend, warp_per_row_shape(m.num_rows), squared_error_warp_per_row<T>, m.num_rows, u.rank, view(m),
         u.values.data(), v.values.data(), space.partial);
  ordered_sum<1>(backend, space.partial, m.num_rows, space.total);
  double sum = 0;
  backend.download(&sum, space.total, sizeof sum);
  return sum;
}

template double read_squared_error(CudaBackend&, const Csr<float, CudaBackend>&, const Factor<float, CudaBackend>&,
                                   const Factor<float, CudaBackend>&);
template double read_squared_error(CudaBackend&, const Csr<double, CudaBackend>&, const Factor<double, CudaBackend>&,
                                   const Factor<double, CudaBackend>&);

}  // namespace rankfill
