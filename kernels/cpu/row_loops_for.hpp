// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/fetched_rows_for.hpp"

// The bodies of RowLoops, in vectors of `Isa::bytes`.  Included only by row_loops_*.cpp, each compiled for another processor.
// Everything here has internal linkage and calls nothing of the standard library: a function compiled for one processor must
// not be taken by the linker for another.
//
//   Isa::bytes    of a machine vector
//   Isa::columns  of a register tile of the Gram matrix
//   Isa::vectors  of its rows; columns * vectors accumulators + vectors + 1 registers
//   Isa::registers  the processor has

namespace rankfill {
namespace {

template <class T, class Isa>
struct Loops : MachineVector<T, Isa> {
  using Base = MachineVector<T, Isa>;
  using Fetched = FetchedRows<T, Isa>;
  using Base::kLanes, Base::at, Base::loose, Base::sum, Base::dot, Base::dot_in_double;
  using typename Base::Vector;
  static constexpr int kColumns = Isa::columns;
  static constexpr int kMultiple = kLanes > kColumns ? kLanes : kColumns;

  static float root(float x) { return __builtin_sqrtf(x); }
  static double root(double x) { return __builtin_sqrt(x); }

  static double to_residuals(const EntrySlice<T>& s, std::int64_t first, std::int64_t last, T* e) {
    double squares = 0;
    for (std::int64_t t = first; t < last; ++t) {
      e[t] = s.values[t] - e[t];
      squares += double{e[t]} * double{e[t]};
    }
    return squares;
  }

  static double gather(const EntrySlice<T>& s, int padded, const T* u, T* tile, T* e) {
    const int whole = s.rank / kLanes * kLanes;
    const std::int64_t distance = s.count < 12 ? s.count : 12;
    for (std::int64_t t = 0; t < s.count; ++t) {
      const T* v = Fetched::row_of(s, t);
      Fetched::prefetch(s, t + distance);
      T* copy = tile + t * padded;
      for (int k = 0; k < whole; k += kLanes) at(copy + k) = loose(v + k);
      for (int k = whole; k < s.rank; ++k) copy[k] = v[k];
    }
    project(padded, static_cast<int>(s.count), tile, u, e);
    return to_residuals(s, 0, s.count, e);
  }

  static void combine(int padded, int count, const T* tile, const T* x, T* y) {
    for (int k = 0; k < padded; k += kLanes) {
      Vector even = at(y + k), odd = {};
      int t = 0;
      for (; t + 2 <= count; t += 2) {
        even += x[t] * at(tile + std::int64_t{t} * padded + k);
        odd += x[t + 1] * at(tile + std::int64_t{t + 1} * padded + k);
      }
      if (t < count) even += x[t] * at(tile + std::int64_t{t} * padded + k);
      at(y + k) = even + odd;
    }
  }

  /// kLanes entries at a time, one vector of partial sums each.
  static void project(int padded, int count, const T* tile, const T* x, T* y) {
    int t = 0;
    for (; t + kLanes <= count; t += kLanes) {
      Vector part[kLanes] = {};
      for (int k = 0; k < padded; k += kLanes) {
        const Vector x_k = at(x + k);
        for (int lane = 0; lane < kLanes; ++lane) part[lane] += at(tile + std::int64_t{t + lane} * padded + k) * x_k;
      }
      at(y + t) = Base::template sums<kLanes>(part);
    }
    if (t == count) return;
    Vector part[kLanes] = {};
    for (int lane = 0; t + lane < count; ++lane)
      for (int k = 0; k < padded; k += kLanes) part[lane] += at(tile + std::int64_t{t + lane} * padded + k) * at(x + k);
    const Vector rest = Base::template sums<kLanes>(part);
    for (int lane = 0; t + lane < count; ++lane) y[t + lane] = rest[lane];
  }

  /// out(:, c) (+|-)= sum_t rows[t] cols[t][c] over `vectors` machine vectors of rows and kColumns columns, held in registers.
  template <int vectors, bool subtract>
  static void product(std::int64_t count, std::int64_t stride, const T* rows, const T* cols, T* out) {
    Vector sums[kColumns][vectors];
    for (int c = 0; c < kColumns; ++c)
      for (int r = 0; r < vectors; ++r) sums[c][r] = at(out + c * stride + r * kLanes);
    for (std::int64_t t = 0; t < count; ++t) {
      Vector x[vectors];
      for (int r = 0; r < vectors; ++r) x[r] = at(rows + t * stride + r * kLanes);
      for (int c = 0; c < kColumns; ++c) {
        const T y = cols[t * stride + c];
        for (int r = 0; r < vectors; ++r) {
          if constexpr (subtract)
            sums[c][r] -= x[r] * y;
          else
            sums[c][r] += x[r] * y;
        }
      }
    }
    for (int c = 0; c < kColumns; ++c)
      for (int r = 0; r < vectors; ++r) at(out + c * stride + r * kLanes) = sums[c][r];
  }

  /// One panel of kColumns columns from row `first` on, `left` machine vectors high.
  template <bool subtract, int vectors = Isa::vectors>
  static void panel(int count, std::int64_t stride, int left, const T* rows, const T* cols, T* out) {
    for (; left >= vectors; left -= vectors) {
      product<vectors, subtract>(count, stride, rows, cols, out);
      rows += vectors * kLanes;
      out += vectors * kLanes;
    }
    if constexpr (vectors > 1) {
      if (left > 0) panel<subtract, vectors - 1>(count, stride, left, rows, cols, out);
    }
  }

  static void add_gram(int padded, int count, const T* tile, T* gram) {
    for (int j = 0; j < padded; j += kColumns) {
      const int i = j / kLanes * kLanes;
      panel<false>(count, padded, (padded - i) / kLanes, tile + i, tile + j, gram + std::int64_t{j} * padded + i);
    }
  }

  /// Left-looking: a panel takes the columns before it as one product, then is factored in place.
  static void cholesky(int rank, int padded, T floor, T* a) {
    for (int first = 0; first < rank; first += kColumns) {
      const int from = first / kLanes * kLanes, last = first + kColumns < rank ? first + kColumns : rank;
      panel<true>(first, padded, (padded - from) / kLanes, a + from, a + first,
                  a + std::int64_t{first} * padded + from);
      for (int j = first; j < last; ++j) {
        T* column = a + std::int64_t{j} * padded;
        const T square = column[j] > floor ? column[j] : floor;
        const T pivot = root(square), inverse = 1 / pivot;
        const int begin = j / kLanes * kLanes;
        for (int i = begin; i < padded; i += kLanes) at(column + i) *= inverse;
        for (int i = begin; i < j; ++i) column[i] = 0;
        column[j] = pivot;
        for (int c = j + 1; c < last; ++c) {
          T* other = a + std::int64_t{c} * padded;
          const T factor = column[c];
          for (int i = begin; i < padded; i += kLanes) at(other + i) -= at(column + i) * factor;
        }
      }
    }
  }

  static void solve(int rank, int padded, const T* lower, T* x) {
    for (int j = 0; j < rank; ++j) {
      const T* column = lower + std::int64_t{j} * padded;
      const T x_j = x[j] / column[j];
      for (int i = j / kLanes * kLanes; i < padded; i += kLanes) at(x + i) -= at(column + i) * x_j;
      x[j] = x_j;
    }
    for (int j = rank - 1; j >= 0; --j) {
      const T* column = lower + std::int64_t{j} * padded;
      const T y_j = x[j];
      x[j] = 0;
      Vector part = {};
      for (int i = j / kLanes * kLanes; i < padded; i += kLanes) part += at(column + i) * at(x + i);
      x[j] = (y_j - sum(part)) / column[j];
    }
  }

  static constexpr RowLoops<T> table{Isa::name,     kMultiple, gather,   combine, project,           dot,
                                     dot_in_double, add_gram,  cholesky, solve,   Fetched::gradient, Fetched::start,
                                     Fetched::apply};
};

}  // namespace
}  // namespace rankfill
