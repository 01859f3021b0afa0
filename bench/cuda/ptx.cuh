// SPDX-License-Identifier: Apache-2.0
#pragma once

// Instructions that only the ceilings use.  tests/support/simt/include/bench/cuda/ptx.cuh is the same interface in software.
// Everything is volatile: the assembler may then neither drop a load nor move one behind the use of another.

#include <cuda_runtime.h>

#include <cstdint>

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
    const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
    asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
                 : "r"(address)
                 : "memory");
  }
};

/// Starts copying 16 bytes from global to shared memory, past the first-level cache.  Below sm_80: copies them.
__device__ __forceinline__ void copy16_async(void* to_shared, const char* from_global) {
#if __CUDA_ARCH__ >= 800
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(to_shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(address), "l"(from_global) : "memory");
#else
  *static_cast<uint4*>(to_shared) = *reinterpret_cast<const uint4*>(from_global);
#endif
}

/// Closes the group of copies this thread has started since the last call.
__device__ __forceinline__ void commit_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits until at most `pending` groups of this thread are unfinished.
template <int pending>
__device__ __forceinline__ void wait_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
#endif
}

/// d += a b for one warp, 16 x 8 x 16, float16 with float32 sums.  Needs sm_80; below it d is left alone.
struct HalfMma {
  static constexpr int depth = 16, b_words = 2;
  static constexpr std::uint32_t ones = 0x3C003C00;  ///< two float16
  static __device__ __forceinline__ void add(float (&d)[4], const std::uint32_t (&a)[4],
                                             const std::uint32_t (&b)[b_words]) {
#if __CUDA_ARCH__ >= 800
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
        "%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
  }
};

/// The same, 16 x 8 x 8, TF32.
struct Tf32Mma {
  static constexpr int depth = 8, b_words = 2;
  static constexpr std::uint32_t ones = 0x3F800000;  ///< one float32
  static __device__ __forceinline__ void add(float (&d)[4], const std::uint32_t (&a)[4],
                                             const std::uint32_t (&b)[b_words]) {
#if __CUDA_ARCH__ >= 800
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
        "%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
  }
};

}  // namespace rankfill::bench
