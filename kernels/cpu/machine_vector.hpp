// SPDX-License-Identifier: Apache-2.0
#pragma once

// Vectors of `Isa::bytes`, for row_loops_for.hpp, under its rules: internal linkage, nothing of the standard library.

namespace rankfill {
namespace {

template <int... number>
struct Numbers {};
/// Numbers<0, 1, ..., count - 1>
template <int count, int... number>
struct Count : Count<count - 1, count - 1, number...> {};
template <int... number>
struct Count<0, number...> {
  using type = Numbers<number...>;
};

template <class T, class Isa>
struct MachineVector {
  static constexpr int kLanes = Isa::bytes / static_cast<int>(sizeof(T));
  typedef T Vector __attribute__((vector_size(Isa::bytes), may_alias));
  typedef T Loose __attribute__((vector_size(Isa::bytes), aligned(alignof(T)), may_alias));  // at any address of a T

  /// As many lanes of another type as a machine vector has doubles.
  template <class D>
  struct Lanes {
    typedef D type __attribute__((vector_size(Isa::bytes / 8 * sizeof(D)), may_alias));
  };

  static const Vector& at(const T* p) { return *reinterpret_cast<const Vector*>(p); }
  static const Loose& loose(const T* p) { return *reinterpret_cast<const Loose*>(p); }
  static Vector& at(T* p) { return *reinterpret_cast<Vector*>(p); }

  /// (a + b) folded to half their lanes each: in every run of 2 half lanes, the first half from a, the second from b.
  template <int half, int... lane>
  static Vector fold(const Vector& a, const Vector& b, Numbers<lane...>) {
    return __builtin_shufflevector(a, b, source<half>(lane, 0)...) +
           __builtin_shufflevector(a, b, source<half>(lane, half)...);
  }
  template <int half>
  static constexpr int source(int lane, int offset) {
    const int run = lane / (2 * half) * (2 * half), r = lane % (2 * half);
    return r < half ? run + offset + r : kLanes + run + offset + r - half;
  }

  /// Every run of `half` lanes in the place of its neighbour.
  template <int half, int... lane>
  static Vector swap(const Vector& a, Numbers<lane...>) {
    return __builtin_shufflevector(a, a, (lane ^ half)...);
  }

  /// Lane t kLanes / rows of the result: the sum of the lanes of x[t], as a tree.  Destroys x.
  template <int rows, int half = kLanes / 2>
  static Vector sums(Vector* x) {
    if constexpr (half == 0) {
      return x[0];
    } else if constexpr (rows == 1) {
      x[0] += swap<half>(x[0], typename Count<kLanes>::type{});
      return sums<1, half / 2>(x);
    } else {
      for (int t = 0; t < rows / 2; ++t) x[t] = fold<half>(x[t], x[t + rows / 2], typename Count<kLanes>::type{});
      return sums<rows / 2, half / 2>(x);
    }
  }

  static T sum(Vector x) { return sums<1>(&x)[0]; }

  static T dot(int padded, const T* x, const T* y) {
    Vector part = {};
    for (int k = 0; k < padded; k += kLanes) part += at(x + k) * at(y + k);
    return sum(part);
  }

  static double dot_in_double(int padded, const T* x, const T* y) {
    using Doubles = typename Lanes<double>::type;
    using Part = typename Lanes<T>::type;
    constexpr int kDoubles = Isa::bytes / static_cast<int>(sizeof(double));
    Doubles part = {};
    for (int k = 0; k < padded; k += kDoubles)
      part += __builtin_convertvector(*reinterpret_cast<const Part*>(x + k), Doubles) *
              __builtin_convertvector(*reinterpret_cast<const Part*>(y + k), Doubles);
    double total = 0;
    for (int k = 0; k < kDoubles; ++k) total += part[k];
    return total;
  }
};

}  // namespace
}  // namespace rankfill
