// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// row_idx_p = the row of entry p: with the columns, the list of triplets that formulation `scatter` wants.
/// Overwrites row_idx, m.num_entries numbers.  Reads row_ptr alone.  Enqueues; does not wait.
template <class T>
void row_of_each_entry(CpuBackend&, const Csr<T, CpuBackend>& m, Buffer<std::int32_t, CpuBackend>& row_idx);
template <class T>
void row_of_each_entry(CudaBackend&, const Csr<T, CudaBackend>& m, Buffer<std::int32_t, CudaBackend>& row_idx);

/// The dense matrix M_IJ of a Block from its index sets.  docs/math.md Eq. 9
///     values_{rj} = m at (rows_r, cols_j), NaN where there is no entry
/// block.rows and block.cols are filled, and hold all entries; col_place (m.num_cols numbers) is the place of a column in
/// block.cols.  Overwrites block.values.  Enqueues; does not wait.
template <class T>
void fill_block(CpuBackend&, const Csr<T, CpuBackend>& m, const Buffer<std::int32_t, CpuBackend>& col_place,
                Block<T, CpuBackend>& block);
template <class T>
void fill_block(CudaBackend&, const Csr<T, CudaBackend>& m, const Buffer<std::int32_t, CudaBackend>& col_place,
                Block<T, CudaBackend>& block);

}  // namespace rankfill
