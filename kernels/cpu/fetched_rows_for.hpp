// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/machine_vector.hpp"
#include "kernels/cpu/row_loops.hpp"

// What is done with fetched rows on the way, for row_loops_for.hpp, under its rules.

namespace rankfill {
namespace {

enum class Use {
  gradient,  ///< y += sum_t e_t v_t, e_t = value_t - <x, v_t>
  start,     ///< and diagonal += sum_t v_t^2
  apply      ///< y += sum_t <x, v_t> v_t
};

template <class T, class Isa>
struct FetchedRows : MachineVector<T, Isa> {
  using Base = MachineVector<T, Isa>;
  using Base::kLanes, Base::at, Base::loose;
  using typename Base::Vector;

  static const T* row_of(const EntrySlice<T>& s, std::int64_t t) {
    return s.factor + std::int64_t{s.col_idx[t]} * s.rank;
  }
  /// Asks for the factor row of entry t, if there is one.
  static void prefetch(const EntrySlice<T>& s, std::int64_t t) {
    if (t >= s.count + s.ahead) return;
    const char* row = reinterpret_cast<const char*>(row_of(s, t));
    for (std::int64_t b = 0; b < static_cast<std::int64_t>(sizeof(T)) * s.rank; b += 64) __builtin_prefetch(row + b);
  }

  /// Rows of `vectors` machine vectors that stay in registers from their product with x until they are added up; 1: too few.
  static constexpr int held_rows(int vectors) {
    if (5 * vectors + 4 <= Isa::registers && kLanes >= 4) return 4;
    return 3 * vectors + 4 <= Isa::registers && kLanes >= 2 ? 2 : 1;
  }
  /// Beyond these not even two do.
  static constexpr int kMostVectors = 8;

  /// From <x, v_t> to the number that v_t is added up with.
  template <Use use>
  static T weight(const EntrySlice<T>& s, std::int64_t t, T product, double& squares) {
    if constexpr (use == Use::apply) return product;
    const T residual = s.values[t] - product;
    squares += double{residual} * double{residual};
    return residual;
  }

  template <Use use, int rows, int vectors>
  static void take_rows(const EntrySlice<T>& s, std::int64_t first, const Vector (&x)[vectors], Vector (&sum)[vectors],
                        Vector (&squared)[vectors], double& squares) {
    Vector row[rows][vectors], products[rows] = {};
    for (int t = 0; t < rows; ++t) {
      prefetch(s, first + t + kLanes);
      const T* v = row_of(s, first + t);
      for (int r = 0; r < vectors; ++r) {
        row[t][r] = loose(v + r * kLanes);
        products[t] += row[t][r] * x[r];
      }
    }
    alignas(64) T product[kLanes];
    at(product) = Base::template sums<rows>(products);
    for (int t = 0; t < rows; ++t) {
      const T with = weight<use>(s, first + t, product[t * kLanes / rows], squares);
      for (int r = 0; r < vectors; ++r) {
        sum[r] += with * row[t][r];
        if constexpr (use == Use::start) squared[r] += row[t][r] * row[t][r];
      }
    }
  }

  /// Sums stay in registers too.
  template <Use use, int vectors>
  static double take_held(const EntrySlice<T>& s, const T* u, T* y, T* diagonal) {
    constexpr int rows = held_rows(vectors);
    Vector x[vectors], sum[vectors], squared[vectors];
    for (int r = 0; r < vectors; ++r) {
      x[r] = at(u + r * kLanes);
      sum[r] = at(y + r * kLanes);
      squared[r] = use == Use::start ? at(diagonal + r * kLanes) : Vector{};
    }
    double squares = 0;
    std::int64_t t = 0;
    for (; t + rows <= s.count; t += rows) take_rows<use, rows>(s, t, x, sum, squared, squares);
    for (; t < s.count; ++t) take_rows<use, 1>(s, t, x, sum, squared, squares);
    for (int r = 0; r < vectors; ++r) {
      at(y + r * kLanes) = sum[r];
      if constexpr (use == Use::start) at(diagonal + r * kLanes) = squared[r];
    }
    return squares;
  }

  /// Rows of any length: the second use finds them in the first-level cache.
  template <Use use, int rows>
  static void take_long_rows(const EntrySlice<T>& s, std::int64_t first, const T* x, T* y, T* diagonal,
                             double& squares) {
    const T* v[rows];
    for (int t = 0; t < rows; ++t) {
      prefetch(s, first + t + rows);
      v[t] = row_of(s, first + t);
    }
    Vector products[rows] = {};
    for (int k = 0; k < s.rank; k += kLanes) {
      const Vector x_k = at(x + k);
      for (int t = 0; t < rows; ++t) products[t] += loose(v[t] + k) * x_k;
    }
    alignas(64) T product[kLanes];
    at(product) = Base::template sums<rows>(products);
    T with[rows];
    for (int t = 0; t < rows; ++t) with[t] = weight<use>(s, first + t, product[t * kLanes / rows], squares);
    for (int k = 0; k < s.rank; k += kLanes) {
      Vector sum = at(y + k), squared = use == Use::start ? at(diagonal + k) : Vector{};
      for (int t = 0; t < rows; ++t) {
        const Vector here = loose(v[t] + k);
        sum += with[t] * here;
        if constexpr (use == Use::start) squared += here * here;
      }
      at(y + k) = sum;
      if constexpr (use == Use::start) at(diagonal + k) = squared;
    }
  }

  template <Use use>
  static double take_long(const EntrySlice<T>& s, const T* x, T* y, T* diagonal) {
    constexpr int rows = kLanes < 8 ? kLanes : 8;
    double squares = 0;
    std::int64_t t = 0;
    for (; t + rows <= s.count; t += rows) take_long_rows<use, rows>(s, t, x, y, diagonal, squares);
    for (; t < s.count; ++t) take_long_rows<use, 1>(s, t, x, y, diagonal, squares);
    return squares;
  }

  /// s.rank is a multiple of kLanes.
  template <Use use, int vectors = kMostVectors>
  static double take(const EntrySlice<T>& s, const T* x, T* y, T* diagonal) {
    if constexpr (vectors == 0) {
      return take_long<use>(s, x, y, diagonal);
    } else {
      if constexpr (held_rows(vectors) > 1) {
        if (s.rank == vectors * kLanes) return take_held<use, vectors>(s, x, y, diagonal);
      }
      return take<use, vectors - 1>(s, x, y, diagonal);
    }
  }

  static double gradient(const EntrySlice<T>& s, const T* u, T* y) { return take<Use::gradient>(s, u, y, nullptr); }
  static double start(const EntrySlice<T>& s, const T* u, T* y, T* diagonal) {
    return take<Use::start>(s, u, y, diagonal);
  }
  static void apply(const EntrySlice<T>& s, const T* x, T* y) { take<Use::apply>(s, x, y, nullptr); }
};

}  // namespace
}  // namespace rankfill
