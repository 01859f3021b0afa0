// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Residual, loss and the gradient of one factor's data term in one gather: every row is owned by one worker, residuals are
/// never stored, nothing is added atomically.  docs/math.md Eq. 3, 6
///     e_j = m_ij - <u_i, v_j>        g_i = - sum_{j in S_i} e_j v_j        squared_error = sum_p e_p^2
/// g is overwritten; no lambda term.  squared_error: one number, on the backend.  Serves both orders: pass by_col with (v, u)
/// for the other factor.  Any rank from 1 to 1024.
/// Sums of a row in T; CUDA: rows of several chunks, and squares of different chunks, are then added in float64.  Fixed
/// summation order: same bits every time.
/// One pass: reads u_i once per row (or chunk), every v_j (rank numbers) once per entry, for residual and gradient alike.
/// `gather`: see Gather; half needs T = float, a double is always fetched in full.  The float16 copy is in units of a power of
/// two that puts the largest number near the end of the range.
/// CUDA: m has a gradient_plan, as every Csr of a problem has.  Uses the workspace.  Enqueues; does not wait.
template <class T>
void gradient_rows(CpuBackend&, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& u,
                   const Factor<T, CpuBackend>& v, Gather gather, Factor<T, CpuBackend>& g,
                   Buffer<double, CpuBackend>& squared_error);
template <class T>
void gradient_rows(CudaBackend&, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                   const Factor<T, CudaBackend>& v, Gather gather, Factor<T, CudaBackend>& g,
                   Buffer<double, CudaBackend>& squared_error);

}  // namespace rankfill
