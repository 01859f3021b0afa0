// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// The lambda term of the gradient.  docs/math.md Eq. 3
///     g_i += lambda * w_i * x_i        w_i = weights[i], or 1 for all i when `weights` is empty (plain lambda)
/// CUDA: one cuBLAS axpy when plain, else a row-scaling kernel.  Enqueues; does not wait.
template <class T>
void add_regularization(CpuBackend&, double lambda, const Buffer<T, CpuBackend>& weights,
                        const Factor<T, CpuBackend>& x, Factor<T, CpuBackend>& g);
template <class T>
void add_regularization(CudaBackend&, double lambda, const Buffer<T, CudaBackend>& weights,
                        const Factor<T, CudaBackend>& x, Factor<T, CudaBackend>& g);

/// Weighted inner product  sum_i w_i^power <x_i, y_i>,  power 1 or 2, w as above.  Gives the penalty (Eq. 1), its
/// line-search terms (Eq. 15) and |Lambda X|^2 (Eq. 5, power 2).  Summed in double in a fixed order.  Waits.
template <class T>
double read_weighted_dot(CpuBackend&, const Buffer<T, CpuBackend>& weights, int power, const Factor<T, CpuBackend>& x,
                         const Factor<T, CpuBackend>& y);
template <class T>
double read_weighted_dot(CudaBackend&, const Buffer<T, CudaBackend>& weights, int power,
                         const Factor<T, CudaBackend>& x, const Factor<T, CudaBackend>& y);

}  // namespace rankfill
