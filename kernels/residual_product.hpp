// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Product of the residual matrix with a vector.  docs/math.md Eq. 28
///     y_i = s_i sum_{p = (i, j)} r_p x_j        s_i = scale[i], or 1 for all i when `scale` is empty
/// r  num_entries, in the order of m.values, as residual() leaves it    x  num_cols    y  num_rows, overwritten
/// Of m, rows and columns are read, values are not.  Serves both orders: pass by_col with its residual for R^T.
/// Products and sums in double, in a fixed order.  One pass, of one number per entry.  Enqueues; does not wait.
template <class T>
void residual_product(CpuBackend&, const Csr<T, CpuBackend>& m, const Buffer<T, CpuBackend>& r,
                      const Buffer<double, CpuBackend>& scale, const Buffer<double, CpuBackend>& x,
                      Buffer<double, CpuBackend>& y);
template <class T>
void residual_product(CudaBackend&, const Csr<T, CudaBackend>& m, const Buffer<T, CudaBackend>& r,
                      const Buffer<double, CudaBackend>& scale, const Buffer<double, CudaBackend>& x,
                      Buffer<double, CudaBackend>& y);

/// Inner products of the residuals, in double, in a fixed order.
struct ResidualSums {
  double rr = 0;  ///< sum_p r_p^2
  double rm = 0;  ///< sum_p r_p m_p
};

/// r as above.  Gathers nothing.  Waits.
template <class T>
ResidualSums read_residual_sums(CpuBackend&, const Csr<T, CpuBackend>& m, const Buffer<T, CpuBackend>& r);
template <class T>
ResidualSums read_residual_sums(CudaBackend&, const Csr<T, CudaBackend>& m, const Buffer<T, CudaBackend>& r);

}  // namespace rankfill
