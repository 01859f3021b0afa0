// SPDX-License-Identifier: Apache-2.0
#pragma once

// The software twin of bench/cuda/ptx.cuh, found first because its folder comes first on the include path.

#include <cuda_runtime.h>

#include <bit>
#include <cstdint>
#include <cstring>

namespace rankfill::bench {

namespace simt_detail {
inline void load16(const char* p, std::uint32_t (&x)[4], const char* operation) {
  if (reinterpret_cast<std::uintptr_t>(p) % 16 != 0)
    simt::fail(simt::Fault::misaligned_address, "%s: the address is not a multiple of 16 bytes", operation);
  std::memcpy(x, p, 16);
}

/// The low or high float16 of a word; only normal numbers and zero.
inline float half_of(std::uint32_t word, int high) {
  const std::uint32_t bits = high ? word >> 16 : word & 0xffffU;
  if ((bits & 0x7fffU) == 0) return 0;
  return std::bit_cast<float>((bits & 0x8000U) << 16 | ((bits & 0x7fffU) + ((127 - 15) << 10)) << 13);
}

/// d += a b by the fragment layout of mma.sync m16n8: lane 4 g + t holds of A rows g and g + 8, of B column g, of D rows g
/// and g + 8 in columns 2 t and 2 t + 1.  `a_at(word of a, row half, k)` and `b_at` pick a number out of a lane's words.
template <int words, class Element>
void multiply(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], int packed, Element element) {
  const int lane = static_cast<int>(threadIdx.x % 32), group = lane / 4, within = lane % 4;
  // Word w of a: row half w % 2, depth half w / 2.  Word w of b: depth half w.  A depth half is 4 lanes x `packed` numbers.
  for (int half = 0; half < words; ++half)
    for (int from = 0; from < 4; ++from) {
      const std::uint32_t top = __shfl_sync(0xffffffffU, a[2 * half], group * 4 + from);
      const std::uint32_t bottom = __shfl_sync(0xffffffffU, a[2 * half + 1], group * 4 + from);
      const std::uint32_t left = __shfl_sync(0xffffffffU, b[half], 2 * within * 4 + from);
      const std::uint32_t right = __shfl_sync(0xffffffffU, b[half], (2 * within + 1) * 4 + from);
      for (int k = 0; k < packed; ++k) {
        d[0] += element(top, k) * element(left, k);
        d[1] += element(top, k) * element(right, k);
        d[2] += element(bottom, k) * element(left, k);
        d[3] += element(bottom, k) * element(right, k);
      }
    }
}
}  // namespace simt_detail

struct PlainLoad {
  static void load(const char* p, std::uint32_t (&x)[4]) { simt_detail::load16(p, x, "PlainLoad"); }
};
struct KeepLoad {
  static void load(const char* p, std::uint32_t (&x)[4]) { simt_detail::load16(p, x, "KeepLoad"); }
};
struct SharedLoad {
  static void load(const char* p, std::uint32_t (&x)[4]) { simt_detail::load16(p, x, "SharedLoad"); }
};

inline void copy16_async(void* to_shared, const char* from_global) {
  std::uint32_t x[4];
  simt_detail::load16(from_global, x, "copy16_async");
  std::memcpy(to_shared, x, 16);
}
inline void commit_copies() {}
template <int pending>
void wait_copies() {}

struct HalfMma {
  static constexpr int depth = 16, b_words = 2;
  static constexpr std::uint32_t ones = 0x3C003C00;
  static void add(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[b_words]) {
    simt_detail::multiply<2>(d, a, b, 2, simt_detail::half_of);
  }
};

struct Tf32Mma {
  static constexpr int depth = 8, b_words = 2;
  static constexpr std::uint32_t ones = 0x3F800000;
  static void add(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[b_words]) {
    simt_detail::multiply<2>(d, a, b, 1, [](std::uint32_t word, int) { return std::bit_cast<float>(word); });
  }
};

}  // namespace rankfill::bench
