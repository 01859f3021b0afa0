// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kernels/cpu/padded_rows.hpp"

// Rows of many entries fetch more of the other factor than a cache holds.  They go through it block by block, in groups: each
// fetches what the one before it left in the cache, and the group reads the factor from memory once.

namespace rankfill {

/// Rows of v that lie side by side and stay in a second-level cache while they are used.
inline constexpr std::int64_t kBlockBytes = std::int64_t{384} << 10;

/// Rows that fetch more than a block, and have so many entries in every block of v that it pays to take them in step; in groups of
/// about as many entries each, few: each reads v from memory for itself.  Which rows are long follows from the data alone.
template <class T>
class LongRows {
 public:
  LongRows(const CpuBackend& backend, const Csr<T, CpuBackend>& m, const PaddedRows<T>& v) {
    constexpr std::int64_t kPerBlock = 16;
    constexpr std::size_t kMostRows = 512;  // their vectors go through the cache once per block
    const std::int64_t* ptr = m.row_ptr.data();
    const std::int64_t blocks = v.num_rows * v.row_bytes() / kBlockBytes;
    fewest_ = blocks > 0 ? std::max(kPerBlock * blocks, kBlockBytes / v.row_bytes())
                         : std::numeric_limits<std::int64_t>::max();
    std::int64_t all = 0, here = 0;
    for (std::int64_t row = 0; row < m.num_rows; ++row) {
      if (!contain(ptr[row + 1] - ptr[row])) continue;
      rows_.push_back(row);
      all += ptr[row + 1] - ptr[row];
    }
    const std::int64_t share = all / (2 * backend.threads());
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      here += ptr[rows_[r] + 1] - ptr[rows_[r]];
      const std::size_t after = r + 1;
      if (here < share && after - bounds_.back() < kMostRows && after < rows_.size()) continue;
      most_rows_ = std::max(most_rows_, after - bounds_.back());
      bounds_.push_back(after);
      here = 0;
    }
  }

  /// Whether a row of so many entries is one.
  bool contain(std::int64_t entries) const { return entries >= fewest_; }
  std::size_t groups() const { return bounds_.size() - 1; }
  std::span<const std::int64_t> group(std::size_t g) const {
    return std::span(rows_).subspan(bounds_[g], bounds_[g + 1] - bounds_[g]);
  }
  std::size_t most_rows() const { return most_rows_; }  ///< of a group; 1 if there is none

 private:
  std::int64_t fewest_ = 0;
  std::vector<std::int64_t> rows_;
  std::vector<std::size_t> bounds_{0};  ///< group g: rows_[bounds_[g]] to rows_[bounds_[g + 1]]
  std::size_t most_rows_ = 1;
};

/// Passes over the entries of some rows, as slices of them.
template <class T>
class RowPass {
 public:
  RowPass(const Csr<T, CpuBackend>& m, const PaddedRows<T>& v)
      : m_(m), v_(v), block_rows_(std::max<std::int64_t>(1, kBlockBytes / v.row_bytes())) {}

  /// Calls body(slice) with all entries of a row.
  template <class Body>
  void whole(std::int64_t row, const Body& body) const {
    constexpr std::int64_t kAhead = 16;
    const std::int64_t first = m_.row_ptr.data()[row], end = m_.row_ptr.data()[row + 1];
    body(slice(first, end, std::min(kAhead, m_.num_entries - end)));
  }

  /// Calls body(c, slice) for the entries of rows[c], block by block of v, where wanted(c).
  template <class Wanted, class Body>
  void in_step(std::span<const std::int64_t> rows, const Wanted& wanted, const Body& body) {
    const std::int64_t* ptr = m_.row_ptr.data();
    const std::int32_t* col_idx = m_.col_idx.data();
    next_.resize(rows.size());
    for (std::size_t c = 0; c < rows.size(); ++c) next_[c] = ptr[rows[c]];
    for (std::int64_t after = block_rows_;; after += block_rows_) {
      for (std::size_t c = 0; c < rows.size(); ++c) {
        prefetch(after, c, rows.size());
        if (!wanted(c)) continue;
        const std::int64_t first = next_[c], most = std::min(ptr[rows[c] + 1], first + block_rows_);
        next_[c] = std::lower_bound(col_idx + first, col_idx + most, after) - col_idx;
        if (next_[c] > first) body(c, slice(first, next_[c], 0));
      }
      if (after >= v_.num_rows) return;
    }
  }

 private:
  EntrySlice<T> slice(std::int64_t first, std::int64_t end, std::int64_t ahead) const {
    return {m_.values.data() + first, m_.col_idx.data() + first, end - first, ahead, v_.values, v_.padded};
  }
  /// Asks for one of `shares` shares of the block that begins with row `first` of v.
  void prefetch(std::int64_t first, std::size_t share, std::size_t shares) const {
    const auto begin_of = [&](std::size_t s) {
      const std::int64_t row = first + block_rows_ * static_cast<std::int64_t>(s) / static_cast<std::int64_t>(shares);
      return reinterpret_cast<const char*>(v_.values + std::min(v_.num_rows, row) * v_.padded);
    };
    constexpr int kSecondLevel = 2;
    for (const char *p = begin_of(share), *end = begin_of(share + 1); p < end; p += 64)
      __builtin_prefetch(p, 0, kSecondLevel);
  }

  const Csr<T, CpuBackend>& m_;
  const PaddedRows<T>& v_;
  std::int64_t block_rows_;         ///< of v
  std::vector<std::int64_t> next_;  ///< of each row, its first entry that no block has seen
};

}  // namespace rankfill
