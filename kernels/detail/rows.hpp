// SPDX-License-Identifier: Apache-2.0
#pragma once

// Short loops over one row of a factor; shared by the CPU kernels.

namespace rankfill {

/// <x, y>.  Reassociated by the compiler into vector lanes; the lane count is fixed per build, so the bits are too.
template <class T>
inline T dot(int size, const T* x, const T* y) {
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int k = 0; k < size; ++k) sum += x[k] * y[k];
  return sum;
}

/// y += alpha x
template <class T>
inline void axpy(int size, T alpha, const T* x, T* y) {
#pragma omp simd
  for (int k = 0; k < size; ++k) y[k] += alpha * x[k];
}

}  // namespace rankfill
