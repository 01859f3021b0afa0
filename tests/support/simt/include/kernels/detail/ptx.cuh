// SPDX-License-Identifier: Apache-2.0
#pragma once

// The software twin of kernels/detail/ptx.cuh, found first because its folder comes first on the include path.

#include <cuda_runtime.h>

#include <cstdint>

namespace rankfill {

namespace simt_detail {
/// A device faults on a vector access that is not aligned to its size.
inline void require_alignment16(const void* p, const char* operation) {
  if (reinterpret_cast<std::uintptr_t>(p) % 16 != 0) {
    simt::fail(simt::Fault::misaligned_address, "%s: the address is not a multiple of 16 bytes", operation);
  }
}
}  // namespace simt_detail

template <class T>
T* shared_memory() {
  return reinterpret_cast<T*>(simt::shared_memory());
}

inline void load_vector16(const float* p, float (&x)[4]) {
  simt_detail::require_alignment16(p, "load_vector16");
  for (int i = 0; i < 4; ++i) x[i] = p[i];
}

inline void load_vector16(const double* p, double (&x)[2]) {
  simt_detail::require_alignment16(p, "load_vector16");
  for (int i = 0; i < 2; ++i) x[i] = p[i];
}

inline void add_vector(float* p, const float (&x)[4]) {
  simt_detail::require_alignment16(p, "add_vector");
  for (int i = 0; i < 4; ++i) atomicAdd(p + i, x[i]);
}

inline void add_vector(double* p, const double (&x)[2]) {
  simt_detail::require_alignment16(p, "add_vector");
  for (int i = 0; i < 2; ++i) atomicAdd(p + i, x[i]);
}

}  // namespace rankfill
