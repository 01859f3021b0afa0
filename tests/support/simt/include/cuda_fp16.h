// SPDX-License-Identifier: Apache-2.0
#pragma once

// float16 storage: conversions and access to the bits.  Arithmetic is left out: kernels convert, then add in float.

#include <bit>
#include <cstdint>

#include "vector_types.h"

struct __half_raw {
  unsigned short x;
};

class alignas(2) __half {
 public:
  __half() = default;
  constexpr __half(const __half_raw& raw) : bits_(raw.x) {}
  constexpr operator __half_raw() const { return {bits_}; }

 private:
  unsigned short bits_;
};

struct alignas(4) __half2 {
  __half x, y;
};

using half = __half;
using half2 = __half2;

constexpr unsigned short __half_as_ushort(__half h) { return static_cast<__half_raw>(h).x; }
constexpr __half __ushort_as_half(unsigned short bits) { return __half_raw{bits}; }

/// To the nearest, ties to even; too large becomes infinite, every NaN 0x7FFF, as on a device.
inline __half __float2half_rn(float x) {
  constexpr std::uint32_t infinity = 0x7F800000, too_large = 0x47800000, smallest_normal = 0x38800000;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = bits >> 16 & 0x8000U, magnitude = bits & 0x7FFFFFFFU;
  std::uint32_t h;
  if (magnitude > infinity) {
    return __ushort_as_half(0x7FFF);
  } else if (magnitude >= too_large) {
    h = 0x7C00;
  } else if (magnitude >= smallest_normal) {
    // Rounded at bit 13; a carry out of the fraction is the next exponent, or infinity.
    h = (magnitude + 0xFFF + (magnitude >> 13 & 1U) - 0x38000000U) >> 13;
  } else {
    // Subnormal: a multiple of 2^-24, to which the addition of 0.5 rounds.
    h = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - std::bit_cast<std::uint32_t>(0.5F);
  }
  return __ushort_as_half(static_cast<unsigned short>(sign | h));
}
inline __half __float2half(float x) { return __float2half_rn(x); }

/// Exact; every NaN becomes 0x7FFFFFFF.
inline float __half2float(__half h) {
  const std::uint32_t bits = __half_as_ushort(h);
  const std::uint32_t sign = (bits & 0x8000U) << 16, exponent = bits >> 10 & 0x1FU, fraction = bits & 0x3FFU;
  if (exponent == 0x1F) return std::bit_cast<float>(fraction != 0 ? 0x7FFFFFFFU : sign | 0x7F800000U);
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

constexpr __half2 __halves2half2(__half x, __half y) { return {x, y}; }
constexpr __half __low2half(__half2 h) { return h.x; }
constexpr __half __high2half(__half2 h) { return h.y; }
inline __half2 __float22half2_rn(float2 x) { return {__float2half_rn(x.x), __float2half_rn(x.y)}; }
inline __half2 __floats2half2_rn(float x, float y) { return {__float2half_rn(x), __float2half_rn(y)}; }
inline float2 __half22float2(__half2 h) { return {__half2float(h.x), __half2float(h.y)}; }
inline float __low2float(__half2 h) { return __half2float(h.x); }
inline float __high2float(__half2 h) { return __half2float(h.y); }
