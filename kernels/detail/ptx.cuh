// SPDX-License-Identifier: Apache-2.0
#pragma once

// The instructions that CUDA C++ has no sure way to ask for.  tests/support/simt/include/kernels/detail/ptx.cuh is the
// same interface in software; keep the two equal.

#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>

namespace rankfill {

/// The dynamic shared memory of the block, aligned to 16 bytes.  The only shared memory kernels use: its size is then
/// under the control, and the checks, of the launch.
template <class T>
__device__ __forceinline__ T* shared_memory() {
  extern __shared__ __align__(16) unsigned char rankfill_shared_memory[];
  return reinterpret_cast<T*>(rankfill_shared_memory);
}

/// p, as a value the compiler knows nothing of: an address computed once is then not computed again at every use.
__device__ __forceinline__ const char* in_register(const char* p) {
  asm volatile("" : "+l"(p));
  return p;
}

/// The same of a number; computed anew at every use, it takes no register in between.
__device__ __forceinline__ int in_register(int x) {
  asm volatile("" : "+r"(x));
  return x;
}

/// p + row * row_bytes.  With the product as one instruction, the assembler adds p in the same.
__device__ __forceinline__ const char* row_address(const char* p, std::int32_t row, std::uint32_t row_bytes) {
  std::uint64_t offset;
  asm("mul.wide.u32 %0, %1, %2;" : "=l"(offset) : "r"(row), "r"(row_bytes));
  return p + offset;
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

/// load_vector16 for rows fetched at random.  keep: the first-level cache evicts the line last; otherwise it does not keep it.
template <bool keep>
__device__ __forceinline__ void gather_vector16(const __half* p, __half2 (&x)[4]) {
  auto* bits = reinterpret_cast<std::uint32_t*>(x);
  if constexpr (keep) {
    asm volatile("ld.global.nc.L1::evict_last.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(bits[0]), "=r"(bits[1]), "=r"(bits[2]), "=r"(bits[3])
                 : "l"(p));
  } else {
    asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(bits[0]), "=r"(bits[1]), "=r"(bits[2]), "=r"(bits[3])
                 : "l"(p));
  }
}

template <bool keep>
__device__ __forceinline__ void gather_vector16(const float* p, float (&x)[4]) {
  if constexpr (keep) {
    asm volatile("ld.global.nc.L1::evict_last.v4.f32 {%0, %1, %2, %3}, [%4];"
                 : "=f"(x[0]), "=f"(x[1]), "=f"(x[2]), "=f"(x[3])
                 : "l"(p));
  } else {
    asm volatile("ld.global.nc.L1::no_allocate.v4.f32 {%0, %1, %2, %3}, [%4];"
                 : "=f"(x[0]), "=f"(x[1]), "=f"(x[2]), "=f"(x[3])
                 : "l"(p));
  }
}

template <bool keep>
__device__ __forceinline__ void gather_vector16(const double* p, double (&x)[2]) {
  if constexpr (keep) {
    asm volatile("ld.global.nc.L1::evict_last.v2.f64 {%0, %1}, [%2];" : "=d"(x[0]), "=d"(x[1]) : "l"(p));
  } else {
    asm volatile("ld.global.nc.L1::no_allocate.v2.f64 {%0, %1}, [%2];" : "=d"(x[0]), "=d"(x[1]) : "l"(p));
  }
}

/// Blocks that a multiprocessor holds at most.  __launch_bounds__ that ask for more are ignored as a whole.
#if __CUDA_ARCH__ == 750 || (__CUDA_ARCH__ > 800 && __CUDA_ARCH__ < 890)
inline constexpr int max_resident_blocks = 16;
#elif __CUDA_ARCH__ == 890 || __CUDA_ARCH__ >= 1100
inline constexpr int max_resident_blocks = 24;
#else
inline constexpr int max_resident_blocks = 32;
#endif

/// Warps that gather float16 rows, of up to one vector a lane, which a multiprocessor should hold: as many as need no spills.
#if __CUDA_ARCH__ == 900
inline constexpr int half_gather_warps = 28;
#else
inline constexpr int half_gather_warps = 24;
#endif

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

/// 1 / x to one unit in the last place, for normal x whose inverse is normal too: one instruction.
__device__ __forceinline__ float fast_inverse(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// The largest x of the warp, in every lane.
__device__ __forceinline__ std::uint32_t warp_max(std::uint32_t x) {
#if __CUDA_ARCH__ >= 800
  return __reduce_max_sync(0xFFFFFFFFU, x);
#else
  for (int offset = 16; offset > 0; offset /= 2) x = max(x, __shfl_xor_sync(0xFFFFFFFFU, x, offset));
  return x;
#endif
}

// --- Asynchronous copies and tensor cores.  Where there are none (before sm_80) the same results by plain means.

/// Where something lies in shared memory, as the instructions below want it: an integer, so that offsets are cheap.
using SharedAddress = std::uint32_t;
__device__ __forceinline__ SharedAddress shared_address(const void* p) {
  return static_cast<SharedAddress>(__cvta_generic_to_shared(p));
}

/// Starts a copy of 16 bytes from global to shared memory past the first-level cache, or, not `wanted`, of zeros: then
/// `from` is not read.  Both aligned to 16 bytes.  `to` is undefined until the thread has waited for the copy, and until a
/// barrier after that for other threads.
__device__ __forceinline__ void cp_async16(SharedAddress to, const void* from, bool wanted) {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(wanted ? 16 : 0) : "memory");
#else
  const uint4 x = wanted ? *static_cast<const uint4*>(from) : uint4{};
  asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(x.x), "r"(x.y), "r"(x.z), "r"(x.w) : "memory");
#endif
}

/// The copies this thread has started since the last commit become one group.
__device__ __forceinline__ void cp_async_commit() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits for this thread's groups but the `pending` latest.
template <int pending>
__device__ __forceinline__ void cp_async_wait() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
#endif
}

/// Four 8 x 8 matrices of float16.  Lane 8 q + r holds the address of row r of matrix q (16 bytes, aligned).  Lane l receives
/// in x[q] the elements (l / 4, 2 (l % 4)) and (l / 4, 2 (l % 4) + 1) of matrix q, the first in the low half.
/// By the whole warp.
__device__ __forceinline__ void ldmatrix_x4(SharedAddress row, std::uint32_t (&x)[4]) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
               : "r"(row)
               : "memory");
}

/// The same of the transposed matrices: elements (2 (l % 4), l / 4) and (2 (l % 4) + 1, l / 4).
__device__ __forceinline__ void ldmatrix_x4_transposed(SharedAddress row, std::uint32_t (&x)[4]) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
               : "r"(row)
               : "memory");
}

/// x in another register, by an instruction that the assembler does not take for a move: one of those it repeats before every
/// use.  order: kAsIs, in a variable that it knows nothing of.
inline constexpr std::uint32_t kAsIs = 0x3210;
__device__ __forceinline__ std::uint32_t moved(std::uint32_t x, std::uint32_t order) {
  std::uint32_t y;
  asm volatile("prmt.b32 %0, %1, %1, %2;" : "=r"(y) : "r"(x), "r"(order));
  return y;
}

/// C += A B on a tensor core: A 16 x 16 and B 16 x 8 in float16, C 16 x 8 in float.  By the whole warp; with g = lane / 4 and
/// t = lane % 4, pairs with the first element in the low half:
///     a[0..3]: A(g, 2t..), A(g + 8, 2t..), A(g, 2t + 8..), A(g + 8, 2t + 8..)      b0, b1: B(2t.., g), B(2t + 8.., g)
///     c[0..3]: C(g, 2t), C(g, 2t + 1), C(g + 8, 2t), C(g + 8, 2t + 1)
__device__ __forceinline__ void mma_16x8x16(float (&c)[4], std::uint32_t a0, std::uint32_t a1, std::uint32_t a2,
                                            std::uint32_t a3, std::uint32_t b0, std::uint32_t b1) {
#if __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
      "%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
#else
  const std::uint32_t a[4] = {a0, a1, a2, a3}, b[2] = {b0, b1};
  for (int half = 0; half < 2; ++half)
    asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[2 * half]), "r"(a[2 * half + 1]), "r"(b[half]));
#endif
}

}  // namespace rankfill
