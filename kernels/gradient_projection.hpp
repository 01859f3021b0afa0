// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Gradient of the data term through the projected residual matrix.  docs/math.md Eq. 7-8
///     R = P o (M - U V^T)        gradient.row = - R V        gradient.col = - R^T U
/// Both overwritten; no lambda term.  `residual` (num_entries) is scratch, left holding R in by_col order.
/// R is formed once per order, because a row-order product with R^T would need atomics: 4 passes, reproducible.
/// CUDA: cuSPARSE SDDMM and SpMM (CUSPARSE_SPMM_CSR_ALG3, whose results do not vary from run to run).
/// `squared_error` (one number, on the backend) receives sum_p e_p^2.  Enqueues; does not wait.
template <class T>
void gradient_projection(CpuBackend&, const Observations<T, CpuBackend>& observations, const Factors<T, CpuBackend>& at,
                         Buffer<T, CpuBackend>& residual, Factors<T, CpuBackend>& gradient,
                         Buffer<double, CpuBackend>& squared_error);
template <class T>
void gradient_projection(CudaBackend&, const Observations<T, CudaBackend>& observations,
                         const Factors<T, CudaBackend>& at, Buffer<T, CudaBackend>& residual,
                         Factors<T, CudaBackend>& gradient, Buffer<double, CudaBackend>& squared_error);

}  // namespace rankfill
