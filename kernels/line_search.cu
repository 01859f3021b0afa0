// SPDX-License-Identifier: Apache-2.0
#include "kernels/line_search.hpp"

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/ordered_sum.cuh"

namespace rankfill {

namespace {

/// One warp owns one row and leaves its six sums in partial[6 row ..].
template <class T>
__global__ void line_sums_warp_per_row(std::int64_t num_rows, int rank, EntryView<T> m, const T* u, const T* v,
                                       const T* du, const T* dv, double* partial) {
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps()) {
    double sum[6] = {};
    for (std::int64_t p = m.row_ptr[row]; p < m.row_ptr[row + 1]; ++p) {
      const std::int64_t i = row * rank, j = m.col(p) * rank;
      const double e = m.value(p) - warp_dot(rank, u + i, v + j);
      const double b = double{warp_dot(rank, du + i, v + j)} + double{warp_dot(rank, u + i, dv + j)};
      const double c = warp_dot(rank, du + i, dv + j);
      sum[0] += e * e;
      sum[1] += e * b;
      sum[2] += e * c;
      sum[3] += b * b;
      sum[4] += b * c;
      sum[5] += c * c;
    }
    if (lane_id() == 0)
      for (int t = 0; t < 6; ++t) partial[row * 6 + t] = sum[t];
  }
}

}  // namespace

template <class T>
LineSums read_line_sums(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factors<T, CudaBackend>& at,
                        const Factors<T, CudaBackend>& direction) {
  if (m.num_entries == 0) return {};
  const SumSpace space(backend, m.num_rows, 6, 0, "line-search sums");
  launch(backend, warp_per_row_shape(m.num_rows), line_sums_warp_per_row<T>, m.num_rows, at.row.rank, view(m),
         at.row.values.data(), at.col.values.data(), direction.row.values.data(), direction.col.values.data(),
         space.partial);
  ordered_sum<6>(backend, space.partial, m.num_rows, space.total);
  double sum[6];
  backend.download(sum, space.total, sizeof sum);
  return {sum[0], sum[1], sum[2], sum[3], sum[4], sum[5]};
}

template LineSums read_line_sums(CudaBackend&, const Csr<float, CudaBackend>&, const Factors<float, CudaBackend>&,
                                 const Factors<float, CudaBackend>&);
template LineSums read_line_sums(CudaBackend&, const Csr<double, CudaBackend>&, const Factors<double, CudaBackend>&,
                                 const Factors<double, CudaBackend>&);

}  // namespace rankfill
