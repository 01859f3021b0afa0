// SPDX-License-Identifier: Apache-2.0
#pragma once

// Built-in variables, arithmetic and atomics.  Atomics need no more than a load and a store: threads change places only
// at collectives.

#include <math.h>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "../emulator.hpp"

inline const uint3& threadIdx = simt::thread_index;
inline const uint3& blockIdx = simt::block_index;
inline const dim3& blockDim = simt::block_shape;
inline const dim3& gridDim = simt::grid_shape;
inline constexpr int warpSize = static_cast<int>(simt::lanes_per_warp);

/// On a device, a NaN loses against a number in both.
template <class A, class B>
  requires std::is_arithmetic_v<A> && std::is_arithmetic_v<B>
constexpr std::common_type_t<A, B> min(A a, B b) {
  using T = std::common_type_t<A, B>;
  if constexpr (std::is_floating_point_v<T>) return std::fmin(static_cast<T>(a), static_cast<T>(b));
  return static_cast<T>(b) < static_cast<T>(a) ? static_cast<T>(b) : static_cast<T>(a);
}
template <class A, class B>
  requires std::is_arithmetic_v<A> && std::is_arithmetic_v<B>
constexpr std::common_type_t<A, B> max(A a, B b) {
  using T = std::common_type_t<A, B>;
  if constexpr (std::is_floating_point_v<T>) return std::fmax(static_cast<T>(a), static_cast<T>(b));
  return static_cast<T>(a) < static_cast<T>(b) ? static_cast<T>(b) : static_cast<T>(a);
}

// glibc 2.42 declares these two, as C23 does.
#if !defined(__GLIBC_PREREQ) || !__GLIBC_PREREQ(2, 42)
inline float rsqrtf(float x) { return 1.0F / std::sqrt(x); }
inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }
#endif
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float x) { return std::sqrt(x); }
inline float __frcp_rn(float x) { return 1.0F / x; }
inline float __fdividef(float a, float b) { return a / b; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { return a * b; }

inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline long long __double_as_longlong(double x) { return std::bit_cast<long long>(x); }
inline double __longlong_as_double(long long x) { return std::bit_cast<double>(x); }

inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }

/// Byte i of the result is the one of the eight bytes of y, x that digit i of `selector` names.
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  const std::uint64_t bytes = std::uint64_t{y} << 32 | x;
  unsigned result = 0;
  for (unsigned i = 0; i < 4; ++i)
    result |= static_cast<unsigned>(bytes >> (selector >> (4 * i) & 7U) * 8 & 0xFFU) << (8 * i);
  return result;
}

template <class T>
T __ldg(const T* p) {
  return *p;
}
inline void __threadfence() {}
inline void __threadfence_block() {}

namespace simt {
template <class T, class... Allowed>
concept OneOf = (std::same_as<T, Allowed> || ...);

/// Replaces *p by operation(*p) and returns what was there.
template <class T, class Operation>
T exchange_at(T* p, Operation operation) {
  const T old = *p;
  *p = operation(old);
  return old;
}
}  // namespace simt

// Each for the types that sm_75 has it for.  Note that long and unsigned long are not among them.
template <simt::OneOf<int, unsigned, unsigned long long, float, double> T>
T atomicAdd(T* p, std::type_identity_t<T> value) {
  return simt::exchange_at(p, [value](T old) { return static_cast<T>(old + value); });
}
template <simt::OneOf<int, unsigned> T>
T atomicSub(T* p, std::type_identity_t<T> value) {
  return simt::exchange_at(p, [value](T old) { return static_cast<T>(old - value); });
}
template <simt::OneOf<int, unsigned, long long, unsigned long long> T>
T atomicMax(T* p, std::type_identity_t<T> value) {
  return simt::exchange_at(p, [value](T old) { return old < value ? value : old; });
}
template <simt::OneOf<int, unsigned, long long, unsigned long long> T>
T atomicMin(T* p, std::type_identity_t<T> value) {
  return simt::exchange_at(p, [value](T old) { return value < old ? value : old; });
}
template <simt::OneOf<int, unsigned, unsigned long long> T>
T atomicOr(T* p, std::type_identity_t<T> value) {
  return simt::exchange_at(p, [value](T old) { return old | value; });
}
template <simt::OneOf<int, unsigned, unsigned long long> T>
T atomicAnd(T* p, std::type_identity_t<T> value) {
  return simt::exchange_at(p, [value](T old) { return old & value; });
}
template <simt::OneOf<int, unsigned, unsigned long long, float> T>
T atomicExch(T* p, std::type_identity_t<T> value) {
  return simt::exchange_at(p, [value](T) { return value; });
}
template <simt::OneOf<int, unsigned, unsigned long long> T>
T atomicCAS(T* p, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  return simt::exchange_at(p, [expected, value](T old) { return old == expected ? value : old; });
}
