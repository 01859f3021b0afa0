// SPDX-License-Identifier: Apache-2.0
#pragma once

// Instructions that only the ceilings use.  tests/support/simt/include/bench/cuda/ptx.cuh is the same interface in software.
// Loads are volatile: the assembler may then neither drop one nor move it behind the use of another.

#include <cstdint>

#include "kernels/detail/ptx.cuh"

namespace rankfill::bench {

/// 16 bytes through the read-only path.  p: global memory, aligned to 16 bytes.
struct PlainLoad {
  static __device__ __forceinline__ void load(const char* p, std::uint32_t (&x)[4]) {
    asm volatile("ld.global.nc.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
                 : "l"(p));
  }
};

/// The same, asking the first-level cache to evict the line last.
struct KeepLoad {
  static __device__ __forceinline__ void load(const char* p, std::uint32_t (&x)[4]) {
    asm volatile("ld.global.nc.L1::evict_last.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
                 : "l"(p));
  }
};

/// 16 bytes of shared memory.
struct SharedLoad {
  static __device__ __forceinline__ void load(const char* p, std::uint32_t (&x)[4]) {
    asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
                 : "r"(shared_address(p))
                 : "memory");
  }
};

/// d += a b on a tensor core for one warp, 16 x 8 x 8, TF32.  Needs sm_80; below it d is left alone.
__device__ __forceinline__ void mma_16x8x8_tf32(float (&d)[4], const std::uint32_t (&a)[4],
                                                const std::uint32_t (&b)[2]) {
#if __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
      "%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

}  // namespace rankfill::bench
