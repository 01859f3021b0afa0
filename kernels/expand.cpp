// SPDX-License-Identifier: Apache-2.0
#include "kernels/expand.hpp"

#include <algorithm>
#include <limits>

#include "backend/parallel.hpp"

namespace rankfill {

template <class T>
void row_of_each_entry(CpuBackend& backend, const Csr<T, CpuBackend>& m, Buffer<std::int32_t, CpuBackend>& row_idx) {
  for_blocks(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row)
      std::fill(row_idx.data() + m.row_ptr.data()[row], row_idx.data() + m.row_ptr.data()[row + 1],
                static_cast<std::int32_t>(row));
  });
}

template <class T>
void fill_block(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Buffer<std::int32_t, CpuBackend>& col_place,
                Block<T, CpuBackend>& block) {
  for_blocks(backend, block.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t r = first; r < last; ++r) {
      T* to = block.values.data() + r * block.num_cols;
      std::fill_n(to, block.num_cols, std::numeric_limits<T>::quiet_NaN());
      const std::int64_t* row = m.row_ptr.data() + block.rows.data()[r];
      for (std::int64_t p = row[0]; p < row[1]; ++p) to[col_place.data()[m.col_idx.data()[p]]] = m.values.data()[p];
    }
  });
}

template void row_of_each_entry(CpuBackend&, const Csr<float, CpuBackend>&, Buffer<std::int32_t, CpuBackend>&);
template void row_of_each_entry(CpuBackend&, const Csr<double, CpuBackend>&, Buffer<std::int32_t, CpuBackend>&);
template void fill_block(CpuBackend&, const Csr<float, CpuBackend>&, const Buffer<std::int32_t, CpuBackend>&,
                         Block<float, CpuBackend>&);
template void fill_block(CpuBackend&, const Csr<double, CpuBackend>&, const Buffer<std::int32_t, CpuBackend>&,
                         Block<double, CpuBackend>&);

}  // namespace rankfill
