// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// y = alpha x + beta y over all numbers of a factor: the update step.  beta 0 overwrites y, whatever it held.
/// CUDA: cuBLAS (scal and axpy).  Enqueues; does not wait.
template <class T>
void update(CpuBackend&, double alpha, const Factor<T, CpuBackend>& x, double beta, Factor<T, CpuBackend>& y);
template <class T>
void update(CudaBackend&, double alpha, const Factor<T, CudaBackend>& x, double beta, Factor<T, CudaBackend>& y);

}  // namespace rankfill
