// SPDX-License-Identifier: Apache-2.0
#pragma once

// The instructions that CUDA C++ has no sure way to ask for.  tests/support/simt/include/kernels/detail/ptx.cuh is the
// same interface in software; keep the two equal.

#include <cuda_runtime.h>

namespace rankfill {

/// The dynamic shared memory of the block, aligned to 16 bytes.  The only shared memory kernels use: its size is then
/// under the control, and the checks, of the launch.
template <class T>
__device__ __forceinline__ T* shared_memory() {
  extern __shared__ __align__(16) unsigned char rankfill_shared_memory[];
  return reinterpret_cast<T*>(rankfill_shared_memory);
}

/// One 16-byte load through the read-only path.  p: aligned to 16 bytes, global memory that no thread writes while the
/// kernel runs.  Volatile, because the assembler serialises plain loads that follow one another in a loop, and a gather
/// needs several in flight.
__device__ __forceinline__ void load_vector16(const float* p, float (&x)[4]) {
  asm volatile("ld.global.nc.v4.f32 {%0, %1, %2, %3}, [%4];" : "=f"(x[0]), "=f"(x[1]), "=f"(x[2]), "=f"(x[3]) : "l"(p));
}

__device__ __forceinline__ void load_vector16(const double* p, double (&x)[2]) {
  asm volatile("ld.global.nc.v2.f64 {%0, %1}, [%2];" : "=d"(x[0]), "=d"(x[1]) : "l"(p));
}

/// p[i] += x[i], each element atomically (not the vector as a whole).  p: aligned to 16 bytes, global memory.
/// Subnormal floats count as zero, as for any float atomic on global memory.
__device__ __forceinline__ void add_vector(float* p, const float (&x)[4]) {
#if __CUDA_ARCH__ >= 900
  asm volatile("red.relaxed.gpu.global.add.v4.f32 [%0], {%1, %2, %3, %4};" ::"l"(p), "f"(x[0]), "f"(x[1]), "f"(x[2]),
               "f"(x[3])
               : "memory");
#else
  for (int i = 0; i < 4; ++i) atomicAdd(p + i, x[i]);
#endif
}

__device__ __forceinline__ void add_vector(double* p, const double (&x)[2]) {
  for (int i = 0; i < 2; ++i) atomicAdd(p + i, x[i]);
}

}  // namespace rankfill
