// SPDX-License-Identifier: Apache-2.0
#include "kernels/precondition.hpp"

#include <algorithm>
#include <vector>

#include "backend/parallel.hpp"
#include "kernels/detail/tile_product.hpp"

namespace rankfill {

template <class T>
void precondition(CpuBackend& backend, const Csr<T, CpuBackend>& m, double lambda, const Buffer<T, CpuBackend>& weights,
                  const Eigenbasis<T, CpuBackend>& basis, Factor<T, CpuBackend>& g) {
  const std::int64_t rank = g.rank;
  const T* const q = basis.vectors.data();
  std::vector<T> transposed(static_cast<std::size_t>(rank * rank));
  for (std::int64_t i = 0; i < rank; ++i)
    for (std::int64_t j = 0; j < rank; ++j) transposed[static_cast<std::size_t>(j * rank + i)] = q[i * rank + j];
  for_blocks(backend, g.num_rows, [&](std::int64_t first, std::int64_t last) {
    std::vector<T> rotated(static_cast<std::size_t>((last - first) * rank), T{0});
    T* const rows = g.values.data() + first * rank;
    add_product(last - first, rank, rank, rows, rank, 1, q, rank, rotated.data(), rank);
    for (std::int64_t row = first; row < last; ++row) {
      T* const r = rotated.data() + (row - first) * rank;
      const T entries = static_cast<T>(m.row_ptr.data()[row + 1] - m.row_ptr.data()[row]);
      const T scaled = static_cast<T>(lambda) * (weights.empty() ? T{1} : weights.data()[row]);
      for (std::int64_t k = 0; k < rank; ++k) {
        const T divisor = entries * basis.values.data()[k] + scaled;
        r[k] = divisor > 0 ? r[k] / divisor : T{0};
      }
    }
    std::fill(rows, rows + (last - first) * rank, T{0});
    add_product(last - first, rank, rank, rotated.data(), rank, 1, transposed.data(), rank, rows, rank);
  });
}

template void precondition(CpuBackend&, const Csr<float, CpuBackend>&, double, const Buffer<float, CpuBackend>&,
                           const Eigenbasis<float, CpuBackend>&, Factor<float, CpuBackend>&);
template void precondition(CpuBackend&, const Csr<double, CpuBackend>&, double, const Buffer<double, CpuBackend>&,
                           const Eigenbasis<double, CpuBackend>&, Factor<double, CpuBackend>&);

}  // namespace rankfill
