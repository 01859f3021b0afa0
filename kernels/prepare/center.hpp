// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"
#include "kernels/prepare/keys.hpp"

// Centring on the device: docs/math.md Eq. 11.  Matrices are given with values as they came, S = float or double, and with a
// gradient_plan.  All sums are in float64 and in a fixed order.

namespace rankfill {

/// What is taken off every value: mean + row_bias_i + col_bias_j, added in this order.  An empty bias is none.
template <class B>
struct Offsets {
  double mean = 0;
  Buffer<double, B> row_bias, col_bias;
};

/// The sum of all values.  Waits.
template <class S>
double read_sum(CudaBackend&, const Buffer<S, CudaBackend>& values);

/// bias_i = sum_{j in S_i} (m_ij - (mean + other_j)) / (n_i + damping), 0 for an empty row; `other` may be empty: no term.
/// Gathers a number per entry.  Enqueues; does not wait.
template <class S>
void damped_bias(CudaBackend&, const Csr<S, CudaBackend>& m, double mean, const Buffer<double, CudaBackend>& other,
                 double damping, Buffer<double, CudaBackend>& bias);

/// Of the values less their offsets.
struct Spread {
  double squares = 0;  ///< the sum of their squares
  double low = 0, high = 0;
};
/// m has entries and is by row.  Waits.
template <class S>
Spread read_spread(CudaBackend&, const Csr<S, CudaBackend>& m, const Offsets<CudaBackend>& offsets);

/// The entries with an index of -1, which no matrix holds.
struct Unseen {
  std::int64_t count = 0;
  double squared_error = 0;  ///< the sum of (value - offset)^2, where an index of -1 has no bias
};
/// `row_place`, `col_place`: index -> place, since biases are by place.  Waits.
Unseen read_unseen(CudaBackend&, const EntryPiece& piece, const Offsets<CudaBackend>& offsets,
                   const Buffer<std::int32_t, CudaBackend>& row_place,
                   const Buffer<std::int32_t, CudaBackend>& col_place);

}  // namespace rankfill
