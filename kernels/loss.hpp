// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Sum of squared residuals over the entries of m, without storing them.  docs/math.md Eq. 1
///     sum_p (m_p - <u_i, v_j>)^2
/// Products and the dot in T; squares summed in double (CUDA: in T within a chunk of a row, chunks in double), in a fixed
/// order: same bits every time.  One pass.  CUDA: m has a gradient_plan, as every Csr of a problem has.
/// Waits.
template <class T>
double read_squared_error(CpuBackend&, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& u,
                          const Factor<T, CpuBackend>& v);
template <class T>
double read_squared_error(CudaBackend&, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                          const Factor<T, CudaBackend>& v);

}  // namespace rankfill
