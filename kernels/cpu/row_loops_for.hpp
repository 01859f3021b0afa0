// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/machine_vector.hpp"
#include "kernels/cpu/row_loops.hpp"

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
  using Base::kLanes, Base::at, Base::loose, Base::sum, Base::dot, Base::dot_in_double;
  using typename Base::Vector;
  static constexpr int kColumns = Isa::columns;
  static constexpr int kMultiple = kLanes > kColumns ? kLanes : kColumns;

  static float root(float x) { return __builtin_sqrtf(x); }
  static double root(double x) { return __builtin_sqrt(x); }

  static const T* row_of(const EntrySlice<T>& s, std::int64_t t) {
    return s.factor + std::int64_t{s.col_idx[t]} * s.rank;
  }
  /// Asks for the factor row of entry t, if there is one.
  static void prefetch(const EntrySlice<T>& s, std::int64_t t) {
    if (t >= s.count + s.ahead) return;
    const char* row = reinterpret_cast<const char*>(row_of(s, t));
    for (std::int64_t b = 0; b < static_cast<std::int64_t>(sizeof(T)) * s.rank; b += 64) __builtin_prefetch(row + b);
  }
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
      const T* v = row_of(s, t);
      prefetch(s, t + distance);
      T* copy = tile + t * padded;
      for (int k = 0; k < whole; k += kLanes) at(copy + k) = loose(v + k);
      for (int k = whole; k < s.rank; ++k) copy[k] = v[k];
    }
    project(padded, static_cast<int>(s.count), tile, u, e);
    return to_residuals(s, 0, s.count, e);
  }

  /// Rows of `vectors` machine vectors that stay in registers from their product with x until they are added up; 1: too few.
  static constexpr int held_rows(int vectors) {
    if (5 * vectors + 4 <= Isa::registers && kLanes >= 4) return 4;
    return 3 * vectors + 4 <= Isa::registers && kLanes >= 2 ? 2 : 1;
  }

  /// `rows` entries of a slice: the residuals, and what they add to the sums.  With `kept`, see straight.
  template <int rows, bool kept, int vectors>
  static void fetch_rows(const EntrySlice<T>& s, std::int64_t first, const Vector (&x)[vectors], T* tile, T* e,
                         Vector (&sum)[vectors], Vector (&squared)[vectors], double& squares) {
    Vector row[rows][vectors], products[rows] = {};
    for (int t = 0; t < rows; ++t) {
      prefetch(s, first + t + kLanes);
      const T* v = row_of(s, first + t);
      for (int r = 0; r < vectors; ++r) {
        row[t][r] = loose(v + r * kLanes);
        products[t] += row[t][r] * x[r];
        if constexpr (kept) at(tile + ((first + t) * vectors + r) * kLanes) = row[t][r];
      }
    }
    alignas(64) T product[kLanes];
    at(product) = Base::template sums<rows>(products);
    for (int t = 0; t < rows; ++t) {
      const T residual = s.values[first + t] - product[t * kLanes / rows];
      e[first + t] = residual;
      squares += double{residual} * double{residual};
      for (int r = 0; r < vectors; ++r) {
        sum[r] += residual * row[t][r];
        if constexpr (kept) squared[r] += row[t][r] * row[t][r];
      }
    }
  }

  /// Rows of `vectors` whole machine vectors, kLanes entries at a time and used where they lie: the second use finds them in the
  /// first-level cache.  With `kept` they are copied into the tile on the way, and their squares added to `diagonal`.
  template <int vectors, bool kept>
  static double straight(const EntrySlice<T>& s, const T* u, T* tile, T* e, T* y, T* diagonal) {
    constexpr std::int64_t padded = std::int64_t{vectors} * kLanes;
    Vector x[vectors], sum[vectors], other[vectors];
    for (int r = 0; r < vectors; ++r) {
      x[r] = at(u + r * kLanes);
      sum[r] = at(y + r * kLanes);
      other[r] = kept ? at(diagonal + r * kLanes) : Vector{};
    }
    double squares = 0;
    if constexpr (constexpr int rows = held_rows(vectors); rows > 1) {
      std::int64_t t = 0;
      for (; t + rows <= s.count; t += rows) fetch_rows<rows, kept>(s, t, x, tile, e, sum, other, squares);
      for (; t < s.count; ++t) fetch_rows<1, kept>(s, t, x, tile, e, sum, other, squares);
      for (int r = 0; r < vectors; ++r) {
        at(y + r * kLanes) = sum[r];
        if constexpr (kept) at(diagonal + r * kLanes) = other[r];
      }
      return squares;
    }
    for (std::int64_t first = 0; first < s.count; first += kLanes) {
      const std::int64_t last = s.count - first < kLanes ? s.count : first + kLanes;
      Vector part[kLanes] = {};
      for (std::int64_t t = first; t < last; ++t) {
        prefetch(s, t + kLanes);
        const T* v = row_of(s, t);
        Vector products = {};
        for (int r = 0; r < vectors; ++r) {
          const Vector here = loose(v + r * kLanes);
          products += here * x[r];
          if constexpr (kept) at(tile + t * padded + r * kLanes) = here;
        }
        part[t - first] = products;
      }
      const Vector products = Base::template sums<kLanes>(part);
      for (std::int64_t t = first; t < last; ++t) e[t] = products[t - first];
      squares += to_residuals(s, first, last, e);
      if constexpr (kept) {
        for (std::int64_t t = first; t < last; ++t)
          for (int r = 0; r < vectors; ++r) {
            const Vector here = at(tile + t * padded + r * kLanes);
            sum[r] += e[t] * here;
            other[r] += here * here;
          }
        continue;
      }
      std::int64_t t = first;  // two sums: each addition waits for the one before
      for (; t + 2 <= last; t += 2) {
        const T *v = row_of(s, t), *w = row_of(s, t + 1);
        for (int r = 0; r < vectors; ++r) {
          sum[r] += e[t] * loose(v + r * kLanes);
          other[r] += e[t + 1] * loose(w + r * kLanes);
        }
      }
      if (t < last) {
        const T* v = row_of(s, t);
        for (int r = 0; r < vectors; ++r) sum[r] += e[t] * loose(v + r * kLanes);
      }
    }
    for (int r = 0; r < vectors; ++r) {
      at(y + r * kLanes) = kept ? sum[r] : sum[r] + other[r];
      if constexpr (kept) at(diagonal + r * kLanes) = other[r];
    }
    return squares;
  }
  /// Beyond these a row does not stay in registers.
  static constexpr int kMostVectors = 8;
  template <bool kept, int vectors = kMostVectors>
  static double straight(int padded, const EntrySlice<T>& s, const T* u, T* tile, T* e, T* y, T* diagonal) {
    if (padded == vectors * kLanes) return straight<vectors, kept>(s, u, tile, e, y, diagonal);
    if constexpr (vectors > 1)
      return straight<kept, vectors - 1>(padded, s, u, tile, e, y, diagonal);
    else
      return 0;
  }
  static bool is_straight(const EntrySlice<T>& s, int padded) {
    return padded == s.rank && padded <= kMostVectors * kLanes;
  }

  static double gradient(const EntrySlice<T>& s, int padded, const T* u, T* tile, T* e, T* y) {
    if (is_straight(s, padded)) return straight<false>(padded, s, u, tile, e, y, nullptr);
    const double squares = gather(s, padded, u, tile, e);
    combine(padded, static_cast<int>(s.count), tile, e, y);
    return squares;
  }

  static double gather_all(const EntrySlice<T>& s, int padded, const T* u, T* tile, T* e, T* y, T* diagonal) {
    if (is_straight(s, padded)) return straight<true>(padded, s, u, tile, e, y, diagonal);
    const double squares = gather(s, padded, u, tile, e);
    combine(padded, static_cast<int>(s.count), tile, e, y);
    add_squares(padded, static_cast<int>(s.count), tile, diagonal);
    return squares;
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

  template <int rows, int vectors>
  static void apply_rows(const T* tile, const Vector (&x)[vectors], Vector (&sum)[vectors]) {
    Vector row[rows][vectors], products[rows] = {};
    for (int t = 0; t < rows; ++t)
      for (int r = 0; r < vectors; ++r) {
        row[t][r] = at(tile + (t * vectors + r) * kLanes);
        products[t] += row[t][r] * x[r];
      }
    alignas(64) T e[kLanes];
    at(e) = Base::template sums<rows>(products);
    for (int t = 0; t < rows; ++t)
      for (int r = 0; r < vectors; ++r) sum[r] += e[t * kLanes / rows] * row[t][r];
  }

  template <int vectors>
  static void apply_held(std::int64_t count, const T* tile, const T* x, T* y) {
    constexpr int rows = held_rows(vectors);
    Vector x_[vectors], sum[vectors];
    for (int r = 0; r < vectors; ++r) {
      x_[r] = at(x + r * kLanes);
      sum[r] = at(y + r * kLanes);
    }
    std::int64_t t = 0;
    for (; t + rows <= count; t += rows) apply_rows<rows, vectors>(tile + t * vectors * kLanes, x_, sum);
    for (; t < count; ++t) apply_rows<1, vectors>(tile + t * vectors * kLanes, x_, sum);
    for (int r = 0; r < vectors; ++r) at(y + r * kLanes) = sum[r];
  }

  template <int vectors = kMostVectors>
  static bool apply_in_registers(int padded, std::int64_t count, const T* tile, const T* x, T* y) {
    if (padded == vectors * kLanes) {
      if constexpr (held_rows(vectors) > 1) apply_held<vectors>(count, tile, x, y);
      return held_rows(vectors) > 1;
    }
    if constexpr (vectors > 1)
      return apply_in_registers<vectors - 1>(padded, count, tile, x, y);
    else
      return false;
  }

  static void apply(int padded, std::int64_t count, int part, const T* tile, const T* x, T* e, T* y) {
    if (apply_in_registers(padded, count, tile, x, y)) return;
    for (std::int64_t t = 0; t < count; t += part) {
      const int here = static_cast<int>(count - t < part ? count - t : part);
      project(padded, here, tile + t * padded, x, e);
      combine(padded, here, tile + t * padded, e, y);
    }
  }

  static void add_squares(int padded, int count, const T* tile, T* diagonal) {
    for (int k = 0; k < padded; k += kLanes) {
      Vector squares = at(diagonal + k);
      for (int t = 0; t < count; ++t) {
        const Vector v = at(tile + std::int64_t{t} * padded + k);
        squares += v * v;
      }
      at(diagonal + k) = squares;
    }
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

  static constexpr RowLoops<T> table{Isa::name, kMultiple, gather,        gradient, gather_all, combine, project,
                                     apply,     dot,       dot_in_double, add_gram, cholesky,   solve};
};

}  // namespace
}  // namespace rankfill
