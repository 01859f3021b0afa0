// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "backend/backend.hpp"
#include "kernels/detail/value_coding.hpp"
#include "kernels/prepare/center.hpp"

// The values as solvers read them: less their offsets, in their scalar, and as narrow as loses nothing.  Matrices are given
// with values as they came, S = float or double, and with a gradient_plan; `order`: whether their rows are the data's rows.

namespace rankfill {

/// code_p = the code of value_p less its offset.  False if some value has none that gives it back to `within`; then the codes are
/// worthless.  Code: uint8_t, uint16_t, wide enough for coding.largest.  Waits.
template <class T, class S, class Code>
bool read_encoded(CudaBackend&, const Csr<S, CudaBackend>& m, Side order, const Offsets<CudaBackend>& offsets,
                  const ValueCoding<T>& coding, double within, Buffer<Code, CudaBackend>& codes);

/// out_p = value_p less its offset, rounded to T.  `out` may be m.values.  Enqueues; does not wait.
template <class T, class S>
void subtract_offsets(CudaBackend&, const Csr<S, CudaBackend>& m, Side order, const Offsets<CudaBackend>& offsets,
                      Buffer<T, CudaBackend>& out);

/// weight_i = n_i^nu, 0 for an empty row, whose factor is 0 by rule.  Enqueues; does not wait.
template <class T>
void count_weights(CudaBackend&, const Buffer<std::int64_t, CudaBackend>& row_ptr, double nu,
                   Buffer<T, CudaBackend>& weights);

}  // namespace rankfill
