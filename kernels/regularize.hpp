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

/// Weighted inner products, to `out` from number `first` on:
///     out[first] = sum_i w_i <x_i, y_i>       out[first + 1] = sum_i w_i^2 <x_i, y_i>       w as above
/// They give the penalty (Eq. 1), its line-search terms (Eq. 15) and |Lambda X|^2 (Eq. 5).  x and y are read once.
/// Summed in double in a fixed order.  Enqueues; does not wait.
template <class T>
void weighted_dots(CpuBackend&, const Buffer<T, CpuBackend>& weights, const Factor<T, CpuBackend>& x,
                   const Factor<T, CpuBackend>& y, Buffer<double, CpuBackend>& out, std::int64_t first);
template <class T>
void weighted_dots(CudaBackend&, const Buffer<T, CudaBackend>& weights, const Factor<T, CudaBackend>& x,
                   const Factor<T, CudaBackend>& y, Buffer<double, CudaBackend>& out, std::int64_t first);
inline constexpr int kWeightedDots = 2;  ///< numbers that one call writes

/// One of the two alone, w to the `power` 1 or 2.  Waits.
template <class T>
double read_weighted_dot(CpuBackend&, const Buffer<T, CpuBackend>& weights, int power, const Factor<T, CpuBackend>& x,
                         const Factor<T, CpuBackend>& y);
template <class T>
double read_weighted_dot(CudaBackend&, const Buffer<T, CudaBackend>& weights, int power,
                         const Factor<T, CudaBackend>& x, const Factor<T, CudaBackend>& y);

}  // namespace rankfill
