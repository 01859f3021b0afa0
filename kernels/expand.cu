// SPDX-License-Identifier: Apache-2.0
#include "kernels/expand.hpp"

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/thread_per_item.cuh"

namespace rankfill {

namespace {

__global__ void rows_warp_per_row(std::int64_t num_rows, const std::int64_t* row_ptr, std::int32_t* row_idx) {
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps())
    for (std::int64_t p = row_ptr[row] + lane_id(); p < row_ptr[row + 1]; p += warp_size)
      row_idx[p] = static_cast<std::int32_t>(row);
}

template <class T>
__global__ void fill_nan_thread_per_number(std::int64_t size, T* values) {
  for (std::int64_t i = grid_thread(); i < size; i += grid_threads()) values[i] = static_cast<T>(NAN);
}

template <class T>
__global__ void block_warp_per_row(std::int64_t num_rows, std::int64_t num_cols, EntryView<T> m,
                                   const std::int32_t* rows, const std::int32_t* col_place, T* values) {
  for (std::int64_t r = grid_warp(); r < num_rows; r += grid_warps())
    for (std::int64_t p = m.row_ptr[rows[r]] + lane_id(); p < m.row_ptr[rows[r] + 1]; p += warp_size)
      values[r * num_cols + col_place[m.col(p)]] = m.value(p);
}

}  // namespace

template <class T>
void row_of_each_entry(CudaBackend& backend, const Csr<T, CudaBackend>& m, Buffer<std::int32_t, CudaBackend>& row_idx) {
  launch(backend, warp_per_row_shape(m.num_rows), rows_warp_per_row, m.num_rows, m.row_ptr.data(), row_idx.data());
}

template <class T>
void fill_block(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Buffer<std::int32_t, CudaBackend>& col_place,
                Block<T, CudaBackend>& block) {
  launch(backend, thread_per_item_shape(block.values.size()), fill_nan_thread_per_number<T>, block.values.size(),
         block.values.data());
  launch(backend, warp_per_row_shape(block.num_rows), block_warp_per_row<T>, block.num_rows, block.num_cols, view(m),
         block.rows.data(), col_place.data(), block.values.data());
}

template void row_of_each_entry(CudaBackend&, const Csr<float, CudaBackend>&, Buffer<std::int32_t, CudaBackend>&);
template void row_of_each_entry(CudaBackend&, const Csr<double, CudaBackend>&, Buffer<std::int32_t, CudaBackend>&);
template void fill_block(CudaBackend&, const Csr<float, CudaBackend>&, const Buffer<std::int32_t, CudaBackend>&,
                         Block<float, CudaBackend>&);
template void fill_block(CudaBackend&, const Csr<double, CudaBackend>&, const Buffer<std::int32_t, CudaBackend>&,
                         Block<double, CudaBackend>&);

}  // namespace rankfill
