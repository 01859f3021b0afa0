// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Sums that fix the data term along a direction.  docs/math.md Eq. 14-15.  With
///     e_p = m_p - <u_i, v_j>      b_p = <du_i, v_j> + <u_i, dv_j>      c_p = <du_i, dv_j>
/// the residual at step t is e - t b - t^2 c.  The six sums are over all entries, in double, in a fixed order.
struct LineSums {
  double ee = 0, eb = 0, ec = 0, bb = 0, bc = 0, cc = 0;
};

/// Gathers v_j and dv_j of every entry: two passes.  Waits.
template <class T>
LineSums read_line_sums(CpuBackend&, const Csr<T, CpuBackend>& m, const Factors<T, CpuBackend>& at,
                        const Factors<T, CpuBackend>& direction);
template <class T>
LineSums read_line_sums(CudaBackend&, const Csr<T, CudaBackend>& m, const Factors<T, CudaBackend>& at,
                        const Factors<T, CudaBackend>& direction);

}  // namespace rankfill
