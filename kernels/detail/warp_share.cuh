// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rankfill {

/// The tiles of one warp in a triangle of 16 x 16 tiles, cut into super-rows of 64 features and shared out to as many warps as there
/// are super-rows, squared: one takes a triangle of 4 x 4 tiles on the diagonal, two share a square of 4 x 4 below it.
struct WarpShare {
  bool triangle;
  int row, col;  ///< the first
  int square;    ///< its number among the warps below the diagonal

  __device__ __forceinline__ WarpShare(int warp, int super_rows)
      : triangle(warp < super_rows), row(4 * warp), col(4 * warp), square(warp - super_rows) {
    if (triangle) return;
    int super_row = 1, super_col = square / 2;
    while (super_col >= super_row) super_col -= super_row++;
    row = 4 * super_row + 2 * (square % 2);
    col = 4 * super_col;
  }
};

}  // namespace rankfill
