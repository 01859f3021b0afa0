// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Gradient of the data term by scatter-add: the entries as a list of triplets, each adding to one row of either gradient.
/// docs/math.md Eq. 3, 6
///     e_p = m_ij - <u_i, v_j>      gradient.row_i -= e_p v_j      gradient.col_j -= e_p u_i       for every entry p = (i, j)
/// Both overwritten; no lambda term.  observations.row_idx must be filled.  Gathers u_i and v_j of every entry: two passes.
/// CPU: one thread, in the order of the entries.  CUDA: vector atomics into both factors: bits vary from run to run.  The plain
/// form, kept as a baseline; gradient_rows needs no atomics.
/// `squared_error` (one number, on the backend) receives sum_p e_p^2.  Enqueues; does not wait.
template <class T>
void gradient_scatter(CpuBackend&, const Observations<T, CpuBackend>& observations, const Factors<T, CpuBackend>& at,
                      Factors<T, CpuBackend>& gradient, Buffer<double, CpuBackend>& squared_error);
template <class T>
void gradient_scatter(CudaBackend&, const Observations<T, CudaBackend>& observations, const Factors<T, CudaBackend>& at,
                      Factors<T, CudaBackend>& gradient, Buffer<double, CudaBackend>& squared_error);

}  // namespace rankfill
