// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime.h>

#include "kernels/prepare/center.hpp"

namespace rankfill {

/// Offsets as a kernel sees them.  `order`: whether the rows of the matrix at hand are rows or columns of the data.
struct OffsetView {
  double mean;
  const double* row_bias;
  const double* col_bias;
  Side order;

  /// In the order in which Centering::at adds, whatever the order of the matrix: the same bits everywhere.
  __device__ __forceinline__ double at(std::int64_t row, std::int64_t col) const {
    double offset = mean;
    if (row_bias) offset += row_bias[order == Side::row ? row : col];
    if (col_bias) offset += col_bias[order == Side::row ? col : row];
    return offset;
  }
};

inline OffsetView view(const Offsets<CudaBackend>& o, Side order) {
  return {o.mean, o.row_bias.data(), o.col_bias.data(), order};
}

}  // namespace rankfill
