// SPDX-License-Identifier: Apache-2.0
#include "kernels/residual_product.hpp"

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/ordered_sum.cuh"

namespace rankfill {

namespace {

/// One warp owns one row; its lanes take every 32nd entry.
template <class T>
__global__ void residual_product_warp_per_row(std::int64_t num_rows, EntryView<T> m, const T* r, const double* scale,
                                              const double* x, double* y) {
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps()) {
    double sum = 0;
    for (std::int64_t p = m.row_ptr[row] + lane_id(); p < m.row_ptr[row + 1]; p += warp_size)
      sum += double{r[p]} * x[m.col(p)];
    sum = warp_sum(sum);
    if (lane_id() == 0) y[row] = scale ? scale[row] * sum : sum;
  }
}

/// One warp owns one row and leaves its two sums in partial[2 row] and the next.
template <class T>
__global__ void residual_sums_warp_per_row(std::int64_t num_rows, EntryView<T> m, const T* r, double* partial) {
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps()) {
    double rr = 0, rm = 0;
    for (std::int64_t p = m.row_ptr[row] + lane_id(); p < m.row_ptr[row + 1]; p += warp_size) {
      const double r_p = r[p];
      rr += r_p * r_p;
      rm += r_p * double{m.value(p)};
    }
    rr = warp_sum(rr);
    rm = warp_sum(rm);
    if (lane_id() == 0) {
      partial[2 * row] = rr;
      partial[2 * row + 1] = rm;
    }
  }
}

}  // namespace

template <class T>
void residual_product(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Buffer<T, CudaBackend>& r,
                      const Buffer<double, CudaBackend>& scale, const Buffer<double, CudaBackend>& x,
                      Buffer<double, CudaBackend>& y) {
  launch(backend, warp_per_row_shape(m.num_rows), residual_product_warp_per_row<T>, m.num_rows, view(m), r.data(),
         scale.data(), x.data(), y.data());
}

template <class T>
ResidualSums read_residual_sums(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Buffer<T, CudaBackend>& r) {
  if (m.num_entries == 0) return {};
  const SumSpace space(backend, m.num_rows, 2, 0, "sums of residuals");
  launch(backend, warp_per_row_shape(m.num_rows), residual_sums_warp_per_row<T>, m.num_rows, view(m), r.data(),
         space.partial);
  ordered_sum<2>(backend, space.partial, m.num_rows, space.total);
  double sum[2];
  backend.download(sum, space.total, sizeof sum);
  return {.rr = sum[0], .rm = sum[1]};
}

template void residual_product(CudaBackend&, const Csr<float, CudaBackend>&, const Buffer<float, CudaBackend>&,
                               const Buffer<double, CudaBackend>&, const Buffer<double, CudaBackend>&,
                               Buffer<double, CudaBackend>&);
template void residual_product(CudaBackend&, const Csr<double, CudaBackend>&, const Buffer<double, CudaBackend>&,
                               const Buffer<double, CudaBackend>&, const Buffer<double, CudaBackend>&,
                               Buffer<double, CudaBackend>&);
template ResidualSums read_residual_sums(CudaBackend&, const Csr<float, CudaBackend>&,
                                         const Buffer<float, CudaBackend>&);
template ResidualSums read_residual_sums(CudaBackend&, const Csr<double, CudaBackend>&,
                                         const Buffer<double, CudaBackend>&);

}  // namespace rankfill
