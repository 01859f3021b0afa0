// SPDX-License-Identifier: Apache-2.0
#include "kernels/line_search.hpp"

#include "backend/parallel.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

template <class T>
LineSums read_line_sums(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Factors<T, CpuBackend>& at,
                        const Factors<T, CpuBackend>& direction) {
  const int rank = at.row.rank;
  const auto sums = ordered_sum<6>(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    std::array<double, 6> sum{};
    for (std::int64_t p = m.row_ptr.data()[first], row = first; row < last; ++row) {
      const T* u = at.row.values.data() + row * rank;
      const T* du = direction.row.values.data() + row * rank;
      for (; p < m.row_ptr.data()[row + 1]; ++p) {
        const std::int64_t col = std::int64_t{m.col_idx.data()[p]} * rank;
        const T* v = at.col.values.data() + col;
        const T* dv = direction.col.values.data() + col;
        const double e = m.values.data()[p] - dot(rank, u, v);
        const double b = double{dot(rank, du, v)} + double{dot(rank, u, dv)};
        const double c = dot(rank, du, dv);
        sum[0] += e * e;
        sum[1] += e * b;
        sum[2] += e * c;
        sum[3] += b * b;
        sum[4] += b * c;
        sum[5] += c * c;
      }
    }
    return sum;
  });
  return {sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]};
}

template LineSums read_line_sums(CpuBackend&, const Csr<float, CpuBackend>&, const Factors<float, CpuBackend>&,
                                 const Factors<float, CpuBackend>&);
template LineSums read_line_sums(CpuBackend&, const Csr<double, CpuBackend>&, const Factors<double, CpuBackend>&,
                                 const Factors<double, CpuBackend>&);

}  // namespace rankfill
