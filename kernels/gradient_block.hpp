// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Gradient of the data term by dense products, when Omega lies in I x J.  docs/math.md Eq. 9-10
///     E = P o (M_IJ - U_I V_J^T)        gradient.row_I = - E V_J        gradient.col_J = - E^T U_I        0 elsewhere
/// P drops what is not observed: where block.values is NaN.  A full block (formulation `block`) has none; formulation `dense`
/// pays for every cell of I x J, which is less than the gathers it saves when most are observed.
/// Both overwritten; no lambda term.  block.residual receives E.  Dense products: BLAS on the device, Eigen on the host.
/// `squared_error` (one number, on the backend) receives |E|_F^2.  Enqueues; does not wait.
template <class T>
void gradient_block(CpuBackend&, Block<T, CpuBackend>& block, const Factors<T, CpuBackend>& at,
                    Factors<T, CpuBackend>& gradient, Buffer<double, CpuBackend>& squared_error);
template <class T>
void gradient_block(CudaBackend&, Block<T, CudaBackend>& block, const Factors<T, CudaBackend>& at,
                    Factors<T, CudaBackend>& gradient, Buffer<double, CudaBackend>& squared_error);

}  // namespace rankfill
