// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "backend/cuda.hpp"

// Whole rows of a factor, so many at a time that cuBLAS can count them and a copy of them stays small.

namespace rankfill {

inline constexpr std::int64_t kRowsPerBatch = 1 << 16;

/// Calls body(first, count) over [0, num_rows).
template <class Body>
void in_row_batches(std::int64_t num_rows, const Body& body) {
  for (std::int64_t first = 0; first < num_rows; first += kRowsPerBatch)
    body(first, static_cast<int>(std::min(kRowsPerBatch, num_rows - first)));
}

/// Workspace for one batch of rows.
template <class T>
T* row_batch_room(CudaBackend& backend, std::int64_t num_rows, int rank, const char* purpose) {
  const auto numbers = static_cast<std::size_t>(std::min(kRowsPerBatch, num_rows) * rank);
  return static_cast<T*>(backend.workspace(numbers * sizeof(T), purpose));
}

}  // namespace rankfill
