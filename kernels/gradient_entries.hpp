// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Gradient of the data term, entry by entry.  docs/math.md Eq. 3, 6
///     gradient.row_i = - sum_{j in S_i} (m_ij - <u_i, v_j>) v_j        gradient.col_j = - sum_i (m_ij - <u_i, v_j>) u_i
/// Both overwritten.  The lambda term is not included: see regularize.hpp.
/// CPU: one fused pass per order (each row owned by one thread; residuals never stored): 2 passes, reproducible.
/// CUDA: one pass over the COO form (observations.row_idx must be filled), residual and scatter-add with vector atomics
/// into both factors: bits vary from run to run.
/// Returns nothing; `squared_error` (one number, on the backend) receives sum_p e_p^2.  Enqueues; does not wait.
template <class T>
void gradient_entries(CpuBackend&, const Observations<T, CpuBackend>& observations, const Factors<T, CpuBackend>& at,
                      Factors<T, CpuBackend>& gradient, Buffer<double, CpuBackend>& squared_error);
template <class T>
void gradient_entries(CudaBackend&, const Observations<T, CudaBackend>& observations, const Factors<T, CudaBackend>& at,
                      Factors<T, CudaBackend>& gradient, Buffer<double, CudaBackend>& squared_error);

}  // namespace rankfill
