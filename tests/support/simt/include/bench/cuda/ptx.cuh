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

/// Lane 4 g + t holds A rows g and g + 8 in columns t and t + 4, of B column g in rows t and t + 4, and of D rows g and g + 8
/// in columns 2 t and 2 t + 1.
inline void mma_16x8x8_tf32(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  const int lane = static_cast<int>(threadIdx.x % 32), row = lane / 4, col = 2 * (lane % 4);
  const auto of = [](std::uint32_t word, int from) {
    return std::bit_cast<float>(__shfl_sync(0xffffffffU, word, from));
  };
  for (int half = 0; half < 2; ++half)
    for (int t = 0; t < 4; ++t) {
      const float top = of(a[2 * half], 4 * row + t), bottom = of(a[2 * half + 1], 4 * row + t);
      const float left = of(b[half], 4 * col + t), right = of(b[half], 4 * (col + 1) + t);
      d[0] += top * left;
      d[1] += top * right;
      d[2] += bottom * left;
      d[3] += bottom * right;
    }
}

}  // namespace rankfill::bench
