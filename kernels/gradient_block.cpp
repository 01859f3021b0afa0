// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_block.hpp"

#include <Eigen/Core>
#include <cmath>

#include "backend/parallel.hpp"

namespace rankfill {

namespace {

template <class T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class T>
RowMajor<T> gather_rows(const Factor<T, CpuBackend>& x, const Buffer<std::int32_t, CpuBackend>& rows) {
  RowMajor<T> part(rows.size(), x.rank);
  Eigen::Map<const RowMajor<T>> all(x.values.data(), x.num_rows, x.rank);
  for (std::int64_t i = 0; i < rows.size(); ++i) part.row(i) = all.row(rows.data()[i]);
  return part;
}

/// Rows of g named by `rows` become those of `part`; the others zero.
template <class T>
void scatter_rows(const RowMajor<T>& part, const Buffer<std::int32_t, CpuBackend>& rows, Factor<T, CpuBackend>& g) {
  Eigen::Map<RowMajor<T>> all(g.values.data(), g.num_rows, g.rank);
  all.setZero();
  for (std::int64_t i = 0; i < rows.size(); ++i) all.row(rows.data()[i]) = part.row(i);
}

}  // namespace

template <class T>
void gradient_block(CpuBackend& backend, Block<T, CpuBackend>& block, const Factors<T, CpuBackend>& at,
                    Factors<T, CpuBackend>& gradient, Buffer<double, CpuBackend>& squared_error) {
  const RowMajor<T> u = gather_rows(at.row, block.rows), v = gather_rows(at.col, block.cols);
  Eigen::Map<const RowMajor<T>> m(block.values.data(), block.num_rows, block.num_cols);
  Eigen::Map<RowMajor<T>> e(block.residual.data(), block.num_rows, block.num_cols);
  e = m;
  e.noalias() -= u * v.transpose();
  for_blocks(backend, block.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t p = first * block.num_cols; p < last * block.num_cols; ++p)
      if (std::isnan(m.data()[p])) e.data()[p] = 0;
  });
  scatter_rows<T>(-(e * v), block.rows, gradient.row);
  scatter_rows<T>(-(e.transpose() * u), block.cols, gradient.col);
  *squared_error.data() = ordered_sum<1>(backend, block.num_rows, [&](std::int64_t first, std::int64_t last) {
    const auto part = e.middleRows(first, last - first).template cast<double>();
    return std::array<double, 1>{part.squaredNorm()};
  })[0];
}

template void gradient_block(CpuBackend&, Block<float, CpuBackend>&, const Factors<float, CpuBackend>&,
                             Factors<float, CpuBackend>&, Buffer<double, CpuBackend>&);
template void gradient_block(CpuBackend&, Block<double, CpuBackend>&, const Factors<double, CpuBackend>&,
                             Factors<double, CpuBackend>&, Buffer<double, CpuBackend>&);

}  // namespace rankfill
