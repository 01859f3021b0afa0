// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "backend/backend.hpp"

// Entries that come in any order, as keys on their way into order.  CUDA only: the CPU prepares in src/problem/.

namespace rankfill {

class CudaBackend;

/// Rows or columns: what a list is ordered by, or which of the two indices of a key is meant.
enum class Side { row, col };

/// Row and column of an entry as one number that sorts: key = row << col_bits | col, in as few bits as the shape needs.
/// The bit above them marks an entry that is left out; such keys come last.
struct KeyLayout {
  std::int64_t num_rows, num_cols;
  int row_bits, col_bits;

  KeyLayout(std::int64_t rows, std::int64_t cols)
      : num_rows(rows), num_cols(cols), row_bits(bits_below(rows)), col_bits(bits_below(cols)) {}
  constexpr int bits() const { return row_bits + col_bits; }
  constexpr std::uint64_t key(std::int32_t row, std::int32_t col) const {
    return static_cast<std::uint64_t>(row) << col_bits | static_cast<std::uint64_t>(col);
  }
  constexpr std::uint64_t left_out() const { return std::uint64_t{1} << bits(); }
  constexpr std::int32_t row(std::uint64_t key) const { return static_cast<std::int32_t>(key >> col_bits); }
  constexpr std::int32_t col(std::uint64_t key) const {
    return static_cast<std::int32_t>(key & ((std::uint64_t{1} << col_bits) - 1));
  }

 private:
  static int bits_below(std::int64_t count) {
    return std::bit_width(static_cast<std::uint64_t>(count > 0 ? count - 1 : 0));
  }
};

/// Numbers of one of two types in device memory.
template <class Narrow, class Wide>
class Column {
 public:
  Column(const Narrow* numbers) : narrow_(numbers) {}
  Column(const Wide* numbers) : wide_(numbers) {}
  constexpr Wide operator[](std::int64_t t) const { return wide_ ? wide_[t] : Wide{narrow_[t]}; }

 private:
  const Narrow* narrow_ = nullptr;
  const Wide* wide_ = nullptr;
};

/// Some of the entries, in device memory; the first of them is number `first` of all.
struct EntryPiece {
  Column<std::int32_t, std::int64_t> rows, cols;
  Column<float, double> values;
  std::int64_t first, count;
};

/// An entry as it was given, not validated.
struct GivenEntry {
  std::int64_t row, col;
  double value;
};

/// What is learned of the entries as they are taken.
template <class B>
struct Census {
  Census(B& backend, const KeyLayout& layout, bool counting)
      : row_counts(backend, counting ? layout.num_rows : 0, "the counts"),
        col_counts(backend, counting ? layout.num_cols : 0, "the counts"),
        found(backend, std::vector<unsigned long long>{~0ULL, 0}, "the counts") {
    row_counts.fill_zero();
    col_counts.fill_zero();
  }
  Buffer<unsigned long long, B> row_counts, col_counts;  ///< entries per row and column; empty: nobody counts
  /// [0]: the smallest number of an entry that is outside the shape or not finite, ~0: there is none;  [1]: not 0: some
  /// value is no S.
  Buffer<unsigned long long, B> found;
};

/// key_p, value_p for the entries of a piece, p = piece.first ...; a value is stored as S, float or double.
/// An index of -1 is outside the shape, or with `unseen_allowed` means that the entry is left out.
/// Counts and smallest numbers are kept with integer atomics, whose result does not depend on their order.  Reads 12 to 24 bytes
/// per entry, writes 8 + sizeof(S).  Enqueues; does not wait.
template <class S>
void take_entries(CudaBackend&, const EntryPiece& piece, const KeyLayout& layout, bool unseen_allowed,
                  Buffer<std::uint64_t, CudaBackend>& keys, Buffer<S, CudaBackend>& values,
                  Census<CudaBackend>& census);

/// The entries at first, first + step, ... below piece.count.  Waits.
std::vector<GivenEntry> read_given(CudaBackend&, const EntryPiece& piece, std::int64_t first, std::int64_t step);

/// Indices by descending count, equal counts by index: order_r is the index at place r, place its inverse.
/// `most` is no less than any count.  Enqueues; does not wait.
void order_by_count(CudaBackend&, const Buffer<unsigned long long, CudaBackend>& counts, std::int64_t most,
                    Buffer<std::int32_t, CudaBackend>& order, Buffer<std::int32_t, CudaBackend>& place);

/// Puts the place of each index in its stead; keys left out stay.  Enqueues; does not wait.
void relabel(CudaBackend&, const KeyLayout& layout, const Buffer<std::int32_t, CudaBackend>& row_place,
             const Buffer<std::int32_t, CudaBackend>& col_place, Buffer<std::uint64_t, CudaBackend>& keys);

/// The first pair, by row and column, that two neighbours among the sorted keys share; row_order and col_order lead back from
/// places to the indices that `first` is meant in.  Waits.
std::optional<std::pair<std::int32_t, std::int32_t>> read_duplicate(CudaBackend&, const KeyLayout& layout,
                                                                    const Buffer<std::uint64_t, CudaBackend>& keys,
                                                                    const Buffer<std::int32_t, CudaBackend>& row_order,
                                                                    const Buffer<std::int32_t, CudaBackend>& col_order);

/// row_ptr_i = number of the first `count` keys whose index on `side` is below i, i = 0 .. row_ptr.size() - 1.  Keys ascend in
/// that index.  A binary search per number.  Enqueues; does not wait.
void row_offsets(CudaBackend&, const KeyLayout& layout, Side side, const Buffer<std::uint64_t, CudaBackend>& keys,
                 std::int64_t count, Buffer<std::int64_t, CudaBackend>& row_ptr);

/// The index on `side` of the first index.size() keys.  Index: int32_t, or uint16_t where all fit.  Enqueues; does not wait.
template <class Index>
void unpack(CudaBackend&, const KeyLayout& layout, Side side, const Buffer<std::uint64_t, CudaBackend>& keys,
            Buffer<Index, CudaBackend>& index);

}  // namespace rankfill
