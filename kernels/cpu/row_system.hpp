// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "backend/cpu.hpp"
#include "kernels/cpu/row_loops.hpp"

// The system A d = g of one row on the CPU: docs/math.md Eq. 12.

namespace rankfill {

/// Vectors of one row padded to whole machine vectors, and its entries fetched tile by tile.
template <class T>
struct RowGather {
  explicit RowGather(int rank)
      : loops(row_loops<T>()),
        rank(rank),
        padded(loops.pad(rank)),
        entries(tile_entries(padded, sizeof(T))),
        u(size()),
        gradient(size()),
        tile(size() * static_cast<std::size_t>(entries)),
        e(static_cast<std::size_t>(loops.pad(entries))) {}

  std::size_t size() const { return static_cast<std::size_t>(padded); }

  /// Calls body(tile, count) for the entries of a row, e filled too, and returns the sum of squared residuals.
  template <class Body>
  double for_tiles(const Csr<T, CpuBackend>& m, std::int64_t row, const Factor<T, CpuBackend>& v, const T* u_i,
                   const Body& body) {
    std::copy_n(u_i, rank, u.data());
    double squared_error = 0;
    for_slices(m, row, v, [&](const EntrySlice<T>& slice) {
      squared_error += loops.gather(slice, padded, u.data(), tile.data(), e.data());
      body(tile.data(), static_cast<int>(slice.count));
    });
    return squared_error;
  }

  /// Calls body(slice) for the entries of a row, a tile's worth at a time.
  template <class Body>
  void for_slices(const Csr<T, CpuBackend>& m, std::int64_t row, const Factor<T, CpuBackend>& v,
                  const Body& body) const {
    const std::int64_t end = m.row_ptr.data()[row + 1];
    for (std::int64_t p = m.row_ptr.data()[row]; p < end; p += entries) {
      const std::int64_t count = std::min<std::int64_t>(entries, end - p);
      const std::int64_t ahead = std::min<std::int64_t>(entries, m.num_entries - p - count);
      body({m.values.data() + p, m.col_idx.data() + p, count, ahead, v.values.data(), rank});
    }
  }

  const RowLoops<T>& loops;
  int rank, padded, entries;
  AlignedArray<T> u, gradient;
  AlignedArray<T> tile;  ///< entries x padded: one gathered v_j per row
  AlignedArray<T> e;     ///< their residuals
};

/// g and A (lower triangle) of one row, with the room to form them.
template <class T>
struct RowSystem : RowGather<T> {
  explicit RowSystem(int rank) : RowGather<T>(rank), gram(this->size() * this->size()) {}

  const T* column(int j) const { return gram.data() + std::int64_t{j} * this->padded; }
  T& diagonal(int j) { return gram.data()[std::int64_t{j} * this->padded + j]; }

  /// Reads the entries of a row that has some.  Where `lambda` (times the weight) is too small for rounding, the diagonal is
  /// raised.  Returns the sum of squared residuals.
  double form(const Csr<T, CpuBackend>& m, std::int64_t row, T lambda, const Factor<T, CpuBackend>& v, const T* u_i) {
    const auto& loops = this->loops;
    const int rank = this->rank, padded = this->padded;
    std::fill_n(gram.data(), this->size() * this->size(), T{0});
    std::fill_n(this->gradient.data(), padded, T{0});
    const double squared_error = this->for_tiles(m, row, v, u_i, [&](const T* tile, int count) {
      loops.combine(padded, count, tile, this->e.data(), this->gradient.data());
      loops.add_gram(padded, count, tile, gram.data());
    });
    for (int k = 0; k < rank; ++k) this->gradient[k] = lambda * u_i[k] - this->gradient[k];
    T largest = 0;
    for (int k = 0; k < rank; ++k) largest = std::max(largest, diagonal(k) += lambda);
    const T epsilon = std::numeric_limits<T>::epsilon(),
            raise = std::max(T{0}, 2 * T(rank) * epsilon * largest - lambda);
    for (int k = 0; k < rank; ++k) diagonal(k) += raise;
    floor = std::max(epsilon * largest, std::numeric_limits<T>::min());
    return squared_error;
  }

  /// gram <- L, A = L L^T.
  void factor() { this->loops.cholesky(this->rank, this->padded, floor, gram.data()); }
  /// x <- A^-1 x, after factor().  x: `padded` numbers.
  void solve(T* x) const { this->loops.solve(this->rank, this->padded, gram.data(), x); }

  AlignedArray<T> gram;

 private:
  T floor = 0;
};

}  // namespace rankfill
