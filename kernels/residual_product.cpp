// SPDX-License-Identifier: Apache-2.0
#include "kernels/residual_product.hpp"

#include "backend/parallel.hpp"

namespace rankfill {

template <class T>
void residual_product(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Buffer<T, CpuBackend>& r,
                      const Buffer<double, CpuBackend>& scale, const Buffer<double, CpuBackend>& x,
                      Buffer<double, CpuBackend>& y) {
  for_blocks(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t p = m.row_ptr.data()[first], row = first; row < last; ++row) {
      double sum = 0;
      for (; p < m.row_ptr.data()[row + 1]; ++p) sum += double{r.data()[p]} * x.data()[m.col_idx.data()[p]];
      y.data()[row] = scale.empty() ? sum : scale.data()[row] * sum;
    }
  });
}

template <class T>
ResidualSums read_residual_sums(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Buffer<T, CpuBackend>& r) {
  const auto sums = ordered_sum<2>(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    std::array<double, 2> sum{};
    for (std::int64_t p = m.row_ptr.data()[first]; p < m.row_ptr.data()[last]; ++p) {
      const double r_p = r.data()[p];
      sum[0] += r_p * r_p;
      sum[1] += r_p * double{m.values.data()[p]};
    }
    return sum;
  });
  return {.rr = sums[0], .rm = sums[1]};
}

template void residual_product(CpuBackend&, const Csr<float, CpuBackend>&, const Buffer<float, CpuBackend>&,
                               const Buffer<double, CpuBackend>&, const Buffer<double, CpuBackend>&,
                               Buffer<double, CpuBackend>&);
template void residual_product(CpuBackend&, const Csr<double, CpuBackend>&, const Buffer<double, CpuBackend>&,
                               const Buffer<double, CpuBackend>&, const Buffer<double, CpuBackend>&,
                               Buffer<double, CpuBackend>&);
template ResidualSums read_residual_sums(CpuBackend&, const Csr<float, CpuBackend>&, const Buffer<float, CpuBackend>&);
template ResidualSums read_residual_sums(CpuBackend&, const Csr<double, CpuBackend>&,
                                         const Buffer<double, CpuBackend>&);

}  // namespace rankfill
