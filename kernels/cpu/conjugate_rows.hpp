// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kernels/als_half.hpp"
#include "kernels/cpu/long_rows.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

/// A d = g of some rows by conjugate gradients, without A: A x = sum_j v_j <v_j, x> + lambda x.  docs/math.md Eq. 20.  A product
/// costs 4 k flops per entry and fetches the rows v_j, against k^2 flops per entry to form A.
template <class T>
class ConjugateRows {
 public:
  ConjugateRows(const Csr<T, CpuBackend>& m, const PaddedRows<T>& v, const HalfSweepControl& control, int rank,
                std::size_t most_rows)
      : v_(v),
        pass_(m, v),
        control_(control),
        rank_(rank),
        rows_(most_rows),
        room_(most_rows * kVectors * static_cast<std::size_t>(v.padded)) {}

  /// Replaces u_i, i in `rows`; without `in_step`, of one row.  lambda(i); keep(i, sums): its numbers of a HalfSweep.
  template <class Lambda, class Keep>
  void solve(std::span<const std::int64_t> rows, bool in_step, const Lambda& lambda, Factor<T, CpuBackend>& u,
             const Keep& keep) {
    given_ = rows;
    in_step_ = in_step;
    for (std::size_t c = 0; c < given_.size(); ++c) {
      rows_[c] = {.shift = lambda(rows[c])};
      std::copy_n(u.values.data() + rows[c] * rank_, rank_, vector(c, kDirection));
      std::fill_n(vector(c, kDirection) + rank_, v_.padded - rank_, T{0});
      for (const Which cleared : {kProduct, kScale, kGradient, kResidual, kStep})
        std::fill_n(vector(c, cleared), v_.padded, T{0});
    }
    pass([&](std::size_t c, const EntrySlice<T>& slice) {
      rows_[c].squared_error += loops_.start(slice, vector(c, kDirection), vector(c, kProduct), vector(c, kScale));
    });
    for (std::size_t c = 0; c < given_.size(); ++c) begin(c);
    iterate();
    for (std::size_t c = 0; c < given_.size(); ++c) {
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
    T shift = 0;  ///< of the diagonal of A: lambda, or more
    bool active = true;
    double squared_error = 0;
    T rz = 0, enough = 0, wanted = 0;
  };

  T* vector(std::size_t c, Which which) {
    return room_.data() + (which * rows_.size() + c) * static_cast<std::size_t>(v_.padded);
  }
  T dot(const T* x, const T* y) const { return loops_.dot(v_.padded, x, y); }
  double dot_in_double(const T* x, const T* y) const { return loops_.dot_in_double(v_.padded, x, y); }

  /// Calls body(c, slice) for the entries of the active rows.
  template <class Body>
  void pass(const Body& body) {
    if (in_step_)
      pass_.in_step(
          given_, [&](std::size_t c) { return rows_[c].active; }, body);
    else
      pass_.whole(given_[0], [&](const EntrySlice<T>& slice) { body(0, slice); });
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
      for (std::size_t c = 0; c < given_.size(); ++c) {
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
      for (std::size_t c = 0; c < given_.size(); ++c)
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

  const PaddedRows<T>& v_;
  RowPass<T> pass_;
  const HalfSweepControl& control_;
  const RowLoops<T>& loops_ = row_loops<T>();
  int rank_;
  std::span<const std::int64_t> given_;
  bool in_step_ = false;
  std::vector<Row> rows_;
  AlignedArray<T> room_;
};

}  // namespace rankfill
