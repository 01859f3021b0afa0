// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime.h>

#include "backend/cuda.hpp"
#include "kernels/detail/ordered_sum.cuh"

namespace rankfill {

/// All rows with entries as a row plan cuts them: its chunks, then its short rows whole.  For simple kernels, in which a warp
/// takes one piece after another.
struct PieceView {
  const Chunk* chunks;
  const std::int32_t* short_rows;
  const std::int64_t* row_ptr;
  std::int64_t num_chunks, num_short_rows;

  __host__ __device__ std::int64_t count() const { return num_chunks + num_short_rows; }
  __device__ __forceinline__ Chunk operator[](std::int64_t i) const {
    if (i < num_chunks) return chunks[i];
    const std::int32_t row = short_rows[i - num_chunks];
    return {.first = row_ptr[row], .length = static_cast<std::int32_t>(row_ptr[row + 1] - row_ptr[row]), .row = row};
  }
};

template <class T>
PieceView pieces(const Csr<T, CudaBackend>& m, const RowPlan<CudaBackend>& plan) {
  return {plan.chunks.data(), plan.short_rows.data(), m.row_ptr.data(), plan.chunks.size(), plan.short_rows.size()};
}
template <class T>
PieceView pieces(const Csr<T, CudaBackend>& m) {
  return pieces(m, m.gradient_plan);
}

}  // namespace rankfill
