// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "backend/cuda.hpp"

namespace rankfill {

/// The columns and values of a Csr, however narrowly it stores them.  Passed to kernels by value.  The branches are the
/// same for every thread of a launch; an entry is decoded once per warp and gathers k numbers.
template <class T>
struct EntryView {
  const std::int64_t* row_ptr;
  const std::int32_t* wide_cols;
  const std::uint16_t* narrow_cols;
  const T* values;
  const std::uint8_t* codes8;
  const std::uint16_t* codes16;
  T offset, step;

  __device__ __forceinline__ std::int64_t col(std::int64_t p) const {
    return narrow_cols ? std::int64_t{narrow_cols[p]} : std::int64_t{wide_cols[p]};
  }
  /// code_offset + code_step * code in one rounding: the host decodes with the same fused operation.
  __device__ __forceinline__ T value(std::int64_t p) const {
    if (values) return values[p];
    return fma(step, codes8 ? T(codes8[p]) : T(codes16[p]), offset);
  }
  /// The same in two steps, for T = float: what is stored, in at most 32 bits, and later, when it has arrived, the value.
  __device__ __forceinline__ std::uint32_t stored(std::int64_t p) const {
    if (values) return __float_as_uint(values[p]);
    return codes8 ? codes8[p] : codes16[p];
  }
  __device__ __forceinline__ T decoded(std::uint32_t bits) const {
    return values ? __uint_as_float(bits) : fma(step, T(bits), offset);
  }
};

template <class T>
EntryView<T> view(const Csr<T, CudaBackend>& m) {
  return {m.row_ptr.data(), m.col_idx.data(), m.narrow_col_idx.data(), m.values.data(),
          m.codes8.data(),  m.codes16.data(), m.code_offset,           m.code_step};
}

}  // namespace rankfill
