// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Residual on the observed entries.  docs/math.md Eq. 2
///     e_p = m_p - <u_i, v_j>        for every stored entry p = (i, j) of m
/// m  num_rows x num_cols    u  num_rows x rank    v  num_cols x rank
/// e  num_entries, in the order of m.values; overwritten; must not be m.values
/// Serves both orders: pass by_col with (v, u) for the transpose.  Reads u_i once per row and one v_j per entry.
/// Enqueues; does not wait.
template <class T>
void residual(CpuBackend&, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& u, const Factor<T, CpuBackend>& v,
              Buffer<T, CpuBackend>& e);
template <class T>
void residual(CudaBackend&, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
              const Factor<T, CudaBackend>& v, Buffer<T, CudaBackend>& e);

}  // namespace rankfill
