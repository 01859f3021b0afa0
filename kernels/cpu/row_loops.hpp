// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

// The inner loops of the CPU kernels.  They are compiled once for each instruction set (row_loops_*.cpp), and the widest that
// the processor has is taken at run time, so a package built for any x86-64 is as fast as one built for its host.

namespace rankfill {

/// Entries whose factor rows are gathered into one tile: it stays in the first-level cache, with room for what it is added to.
constexpr int tile_entries(int padded, std::size_t scalar) {
  constexpr std::size_t kBytes = 16384;
  const std::size_t fit = kBytes / (static_cast<std::size_t>(padded) * scalar) / 8 * 8;
  return static_cast<int>(fit < 16 ? 16 : fit > 64 ? 64 : fit);
}

/// `count` entries of one row, and the factor their columns index.
template <class T>
struct EntrySlice {
  const T* values = nullptr;
  const std::int32_t* col_idx = nullptr;
  std::int64_t count = 0;
  std::int64_t ahead = 0;  ///< entries that follow in memory: their factor rows are fetched early
  const T* factor = nullptr;
  int rank = 0;
};

/// Vectors of length `padded`: the rank rounded up to whole machine vectors, zeros behind.  All pointers but those of a slice
/// are aligned to 64 bytes.  Every function gives the same bits on every call; from one instruction set to another they
/// differ by rounding.
template <class T>
struct RowLoops {
  const char* name;  ///< "avx512", "avx2", "baseline"
  int multiple;      ///< `padded` is a multiple of this

  /// tile[t] = v_t, e_t = value_t - <u, v_t>.  Returns sum_t e_t^2, added up in order in double.  tile: count x padded, its
  /// padding zero before and after.
  double (*gather)(const EntrySlice<T>& slice, int padded, const T* u, T* tile, T* e);
  /// y += sum_t x_t tile[t]
  void (*combine)(int padded, int count, const T* tile, const T* x, T* y);
  /// y_t = <tile[t], x>
  void (*project)(int padded, int count, const T* tile, const T* x, T* y);
  /// <x, y>, over the padding too
  T (*dot)(int padded, const T* x, const T* y);
  double (*dot_in_double)(int padded, const T* x, const T* y);
  /// gram += sum_t tile[t] tile[t]^T.  gram: padded x padded, column-major; above the diagonal it is left unspecified.
  void (*add_gram)(int padded, int count, const T* tile, T* gram);
  /// gram <- L, gram = L L^T, every pivot (of L^2) kept at or above `floor`.  Same storage; zeros above the diagonal within a
  /// machine vector.
  void (*cholesky)(int rank, int padded, T floor, T* gram);
  /// x <- (L L^T)^-1 x
  void (*solve)(int rank, int padded, const T* lower, T* x);

  // Of slices whose rows are padded: slice.rank is a multiple of `multiple`.
  /// y += sum_t e_t v_t, e as above.  Returns sum_t e_t^2.
  double (*gradient)(const EntrySlice<T>& slice, const T* u, T* y);
  /// The same, and diagonal += sum_t v_t^2, element by element.
  double (*start)(const EntrySlice<T>& slice, const T* u, T* y, T* diagonal);
  /// y += sum_t v_t <v_t, x>
  void (*apply)(const EntrySlice<T>& slice, const T* x, T* y);

  int pad(int rank) const { return (rank + multiple - 1) / multiple * multiple; }
};

/// The fastest that this processor runs.  Chosen once.
template <class T>
const RowLoops<T>& row_loops();

/// All that this processor runs, the fastest first; for tests.
template <class T>
std::vector<const RowLoops<T>*> all_row_loops();

/// Numbers aligned to 64 bytes, zero at first.
template <class T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size) : data_(static_cast<T*>(::operator new(size * sizeof(T), kAlignment))) {
    std::uninitialized_fill_n(data_.get(), size, T{0});
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  T& operator[](std::size_t k) { return data_.get()[k]; }
  const T& operator[](std::size_t k) const { return data_.get()[k]; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Release {
    void operator()(T* p) const { ::operator delete(p, kAlignment); }
  };
  std::unique_ptr<T, Release> data_;
};

}  // namespace rankfill
