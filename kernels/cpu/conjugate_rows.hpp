// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kernels/als_half.hpp"
#include "kernels/cpu/padded_rows.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

/// Rows of v that lie side by side and stay in a second-level cache while they are used.
inline constexpr std::int64_t kBlockBytes = std::int64_t{384} << 10;

/// A d = g of some rows by conjugate gradients, without A: A x = sum_j v_j <v_j, x> + lambda x.  docs/math.md Eq. 20.  A product
/// costs 4 k flops per entry and fetches the rows v_j, against k^2 flops per entry to form A.
///
/// Rows of many entries are solved in step: every product is taken block by block of v, for all rows in turn.  They then fetch what
/// the one before them left in the cache, and v is read from memory once per product.  Nothing of a row depends on those beside it.
template <class T>
class ConjugateRows {
 public:
  ConjugateRows(const Csr<T, CpuBackend>& m, const PaddedRows<T>& v, const HalfSweepControl& control, int rank,
                std::size_t most_rows)
      : m_(m),
        v_(v),
        control_(control),
        rank_(rank),
        block_rows_(std::max<std::int64_t>(1, kBlockBytes / v.row_bytes())),
        rows_(most_rows),
        room_(most_rows * kVectors * static_cast<std::size_t>(v.padded)) {}

  /// Replaces u_i, i in `rows`; without `in_step`, of one row.  lambda(i); keep(i, sums): its numbers of a HalfSweep.
  template <class Lambda, class Keep>
  void solve(std::span<const std::int64_t> rows, bool in_step, const Lambda& lambda, Factor<T, CpuBackend>& u,
             const Keep& keep) {
    count_ = rows.size();
    in_step_ = in_step;
    for (std::size_t c = 0; c < count_; ++c) {
      rows_[c] = {.index = rows[c], .shift = lambda(rows[c])};
      std::copy_n(u.values.data() + rows[c] * rank_, rank_, vector(c, kDirection));
      std::fill_n(vector(c, kDirection) + rank_, v_.padded - rank_, T{0});
      for (const Which cleared : {kProduct, kScale, kGradient, kResidual, kStep})
        std::fill_n(vector(c, cleared), v_.padded, T{0});
    }
    pass([&](std::size_t c, const EntrySlice<T>& slice) {
      rows_[c].squared_error += loops_.start(slice, vector(c, kDirection), vector(c, kProduct), vector(c, kScale));
    });
    for (std::size_t c = 0; c < count_; ++c) begin(c);
    iterate();
    for (std::size_t c = 0; c < count_; ++c) {
      const T *g = vector(c, kGradient), *d = vector(c, kStep);
      keep(rows[c], {rows_[c].squared_error, dot_in_double(g, g),
                     0.5 * (dot_in_double(g, d) + dot_in_double(vector(c, kResidual), d))});
      T* u_i = u.values.data() + rows[c] * rank_;
      for (int k = 0; k < rank_; ++k) u_i[k] -= d[k];
    }
  }

 private:
  /// Of each row, `padded` numbers, zero in the padding; those of one kind lie side by side.  kDirection is u_i at first, kScale the
  /// inverse of the diagonal of A.
  enum Which { kDirection, kProduct, kScale, kGradient, kResidual, kStep, kVectors };

  struct Row {
    std::int64_t index = 0;
    T shift = 0;  ///< of the diagonal of A: lambda, or more
    bool active = true;
    double squared_error = 0;
    T rz = 0, enough = 0, wanted = 0;
    std::int64_t next = 0;  ///< entry, in a pass
  };

  T* vector(std::size_t c, Which which) {
    return room_.data() + (which * rows_.size() + c) * static_cast<std::size_t>(v_.padded);
  }
  T dot(const T* x, const T* y) const { return loops_.dot(v_.padded, x, y); }
  double dot_in_double(const T* x, const T* y) const { return loops_.dot_in_double(v_.padded, x, y); }

  /// Calls body(c, slice) until it has seen all entries of the active rows.
  template <class Body>
  void pass(const Body& body) {
    const std::int64_t* ptr = m_.row_ptr.data();
    if (!in_step_) {
      const std::int64_t first = ptr[rows_[0].index], end = ptr[rows_[0].index + 1];
      return body(0, slice(first, end, std::min<std::int64_t>(kAhead, m_.num_entries - end)));
    }
    for (std::size_t c = 0; c < count_; ++c) rows_[c].next = ptr[rows_[c].index];
    for (std::int64_t block = 0; block < v_.num_rows; block += block_rows_) {
      const std::int64_t after = block + block_rows_;
      for (std::size_t c = 0; c < count_; ++c) {
        prefetch(after, c);
        if (!rows_[c].active) continue;
        const std::int32_t* col_idx = m_.col_idx.data();
        const std::int64_t first = rows_[c].next, most = std::min(ptr[rows_[c].index + 1], first + block_rows_);
        rows_[c].next = std::lower_bound(col_idx + first, col_idx + most, after) - col_idx;
        if (rows_[c].next > first) body(c, slice(first, rows_[c].next, 0));
      }
    }
  }
  EntrySlice<T> slice(std::int64_t first, std::int64_t end, std::int64_t ahead) const {
    return {m_.values.data() + first, m_.col_idx.data() + first, end - first, ahead, v_.values, v_.padded};
  }
  /// Asks for a share of the block that begins with row `first` of v.
  void prefetch(std::int64_t first, std::size_t c) const {
    const auto begin_of = [&](std::size_t share) {
      const std::int64_t row =
          first + block_rows_ * static_cast<std::int64_t>(share) / static_cast<std::int64_t>(count_);
      return reinterpret_cast<const char*>(v_.values + std::min(v_.num_rows, row) * v_.padded);
    };
    constexpr int kSecondLevel = 2;
    for (const char *p = begin_of(c), *end = begin_of(c + 1); p < end; p += 64) __builtin_prefetch(p, 0, kSecondLevel);
  }

  /// From the sums of the first pass: g, the diagonal of A, and the first direction.
  void begin(std::size_t c) {
    Row& row = rows_[c];
    const T *sum = vector(c, kProduct), lambda = row.shift;
    T *g = vector(c, kGradient), *scale = vector(c, kScale), *r = vector(c, kResidual), *p = vector(c, kDirection);
    T largest = 0;
    for (int k = 0; k < rank_; ++k) {
      r[k] = g[k] = lambda * p[k] - sum[k];
      largest = std::max(largest, scale[k] + lambda);
    }
    constexpr T epsilon = std::numeric_limits<T>::epsilon();
    row.shift = std::max(lambda, 2 * T(rank_) * epsilon * largest);
    for (int k = 0; k < rank_; ++k) {
      scale[k] = 1 / (scale[k] + row.shift);
      p[k] = r[k] * scale[k];
    }
    row.rz = dot(r, p);
    row.enough = epsilon * epsilon / 4 * row.rz;
    row.wanted =
        control_.cg_tolerance > 0 ? static_cast<T>(control_.cg_tolerance) * row.rz : std::numeric_limits<T>::infinity();
  }

  /// Guarded steps, scaled by the diagonal, from d = 0.
  void iterate() {
    for (int step = 0; step < 8 * control_.cg_steps; ++step) {
      bool done = true;
      for (std::size_t c = 0; c < count_; ++c) {
        Row& row = rows_[c];
        row.active = row.active && row.rz > row.enough && (step < control_.cg_steps || row.rz > row.wanted);
        if (!row.active) continue;
        done = false;
        const T* p = vector(c, kDirection);
        T* y = vector(c, kProduct);
        for (int k = 0; k < v_.padded; ++k) y[k] = row.shift * p[k];
      }
      if (done) return;
      pass([&](std::size_t c, const EntrySlice<T>& slice) {
        loops_.apply(slice, vector(c, kDirection), vector(c, kProduct));
      });
      for (std::size_t c = 0; c < count_; ++c)
        if (rows_[c].active) advance(c);
    }
  }

  /// From A p.  residual = g - A d.
  void advance(std::size_t c) {
    Row& row = rows_[c];
    const T* scale = vector(c, kScale);
    T *p = vector(c, kDirection), *y = vector(c, kProduct), *r = vector(c, kResidual);
    const T curvature = dot(p, y);
    row.active = curvature > 0;
    if (!row.active) return;
    axpy(v_.padded, row.rz / curvature, p, vector(c, kStep));
    axpy(v_.padded, -row.rz / curvature, y, r);
    for (int k = 0; k < v_.padded; ++k) y[k] = r[k] * scale[k];
    const T next = dot(r, y), turn = next / row.rz;
    for (int k = 0; k < v_.padded; ++k) p[k] = y[k] + turn * p[k];
    row.rz = next;
  }

  static constexpr std::int64_t kAhead = 16;  ///< entries of the next row whose v_j are fetched early

  const Csr<T, CpuBackend>& m_;
  const PaddedRows<T>& v_;
  const HalfSweepControl& control_;
  const RowLoops<T>& loops_ = row_loops<T>();
  int rank_;
  std::int64_t block_rows_;  ///< of v
  std::size_t count_ = 0;    ///< rows in hand
  bool in_step_ = false;
  std::vector<Row> rows_;
  AlignedArray<T> room_;
};

}  // namespace rankfill
