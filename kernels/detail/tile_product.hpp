// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

// Dense products on the CPU whose sums run in one order, whatever the number of threads: a library's blocking may depend on it.

namespace rankfill {

namespace detail {

inline constexpr int kTileRows = 4;

/// A full tile: kTileRows x width numbers of c, which stay in registers.
template <int width, class T>
inline void add_full_tile(std::int64_t depth, const T* a, std::int64_t a_row, std::int64_t a_depth, const T* b,
                          std::int64_t ldb, T* c, std::int64_t ldc) {
  T sum[kTileRows][width];
  for (int r = 0; r < kTileRows; ++r)
    for (int s = 0; s < width; ++s) sum[r][s] = c[r * ldc + s];
  for (std::int64_t q = 0; q < depth; ++q)
    for (int r = 0; r < kTileRows; ++r) {
      const T factor = a[r * a_row + q * a_depth];
#pragma omp simd
      for (int s = 0; s < width; ++s) sum[r][s] += factor * b[q * ldb + s];
    }
  for (int r = 0; r < kTileRows; ++r)
    for (int s = 0; s < width; ++s) c[r * ldc + s] = sum[r][s];
}

}  // namespace detail

/// C += A B: rows x cols and depth, B and C row-major with leading dimensions, A(r, q) = a[r a_row + q a_depth].  Every number
/// of C adds its terms in the order of q.
template <class T>
void add_product(std::int64_t rows, std::int64_t cols, std::int64_t depth, const T* a, std::int64_t a_row,
                 std::int64_t a_depth, const T* b, std::int64_t ldb, T* c, std::int64_t ldc) {
  constexpr int width = 64 / sizeof(T);
  for (std::int64_t j = 0; j < cols; j += width)
    for (std::int64_t i = 0; i < rows; i += detail::kTileRows) {
      const std::int64_t tall = std::min<std::int64_t>(detail::kTileRows, rows - i),
                         wide = std::min<std::int64_t>(width, cols - j);
      if (tall == detail::kTileRows && wide == width) {
        detail::add_full_tile<width>(depth, a + i * a_row, a_row, a_depth, b + j, ldb, c + i * ldc + j, ldc);
        continue;
      }
      for (std::int64_t r = i; r < i + tall; ++r)
        for (std::int64_t q = 0; q < depth; ++q) {
          const T factor = a[r * a_row + q * a_depth];
          for (std::int64_t s = j; s < j + wide; ++s) c[r * ldc + s] += factor * b[q * ldb + s];
        }
    }
}

}  // namespace rankfill
