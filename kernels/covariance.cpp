// SPDX-License-Identifier: Apache-2.0
#include "kernels/covariance.hpp"

#include <algorithm>
#include <vector>

#include "backend/parallel.hpp"
#include "kernels/detail/tile_product.hpp"

namespace rankfill {

namespace {

constexpr std::int64_t kTile = 64;        ///< rows of C that one task computes
constexpr std::int64_t kRowsAtOnce = 64;  ///< of x, copied to double

/// Adds n_i x_i x_i^T of the rows [first, last) to the rows [top, bottom) of the lower triangle of `c`.
template <class T>
void add_moments(const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& x, std::int64_t first, std::int64_t last,
                 std::int64_t top, std::int64_t bottom, double* c) {
  const std::int64_t rank = x.rank;
  std::vector<double> rows(static_cast<std::size_t>(kRowsAtOnce * bottom));
  std::vector<double> scaled(static_cast<std::size_t>(kRowsAtOnce * (bottom - top)));
  for (std::int64_t begin = first; begin < last; begin += kRowsAtOnce) {
    const std::int64_t count = std::min(kRowsAtOnce, last - begin);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t* const p = m.row_ptr.data() + begin + i;
      const auto entries = static_cast<double>(p[1] - p[0]);
      const T* const x_i = x.values.data() + (begin + i) * rank;
      for (std::int64_t k = 0; k < bottom; ++k) rows[static_cast<std::size_t>(i * bottom + k)] = x_i[k];
      for (std::int64_t k = top; k < bottom; ++k)
        scaled[static_cast<std::size_t>(i * (bottom - top) + k - top)] = entries * double{x_i[k]};
    }
    add_product(bottom - top, bottom, count, scaled.data(), 1, bottom - top, rows.data(), bottom, c + top * rank, rank);
  }
}

}  // namespace

template <class T>
void covariance(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& x,
                Buffer<T, CpuBackend>& c) {
  if (m.num_entries == 0) return c.fill_zero();
  // Tasks: tiles of C times slabs of rows.  Their number depends on the shape alone, and so do the bits.
  const std::int64_t rank = x.rank, tiles = (rank + kTile - 1) / kTile;
  const std::int64_t slabs = std::clamp<std::int64_t>(std::min(2048 / rank, x.num_rows / 1024), 1, 32);
  const std::int64_t slab = (x.num_rows + slabs - 1) / slabs;
  std::vector<double> sums(static_cast<std::size_t>(slabs * rank * rank));
  for_tasks(backend, tiles * slabs, [&](std::int64_t task) {
    const std::int64_t s = task / tiles, top = task % tiles * kTile;
    add_moments(m, x, s * slab, std::min(x.num_rows, (s + 1) * slab), top, std::min(rank, top + kTile),
                sums.data() + s * rank * rank);
  });
  const auto all = static_cast<double>(m.num_entries);
  for_blocks(backend, rank, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i)
      for (std::int64_t j = 0; j <= i; ++j) {
        double sum = 0;
        for (std::int64_t s = 0; s < slabs; ++s) sum += sums[static_cast<std::size_t>((s * rank + i) * rank + j)];
        c.data()[i * rank + j] = c.data()[j * rank + i] = static_cast<T>(sum / all);
      }
  });
}

template void covariance(CpuBackend&, const Csr<float, CpuBackend>&, const Factor<float, CpuBackend>&,
                         Buffer<float, CpuBackend>&);
template void covariance(CpuBackend&, const Csr<double, CpuBackend>&, const Factor<double, CpuBackend>&,
                         Buffer<double, CpuBackend>&);

}  // namespace rankfill
