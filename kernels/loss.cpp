// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss.hpp"

#include "backend/parallel.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

namespace {

/// Asks for row j of a factor.
template <class T>
void prefetch(const Factor<T, CpuBackend>& x, std::int64_t j) {
  constexpr std::int64_t kLine = 64;
  const char* row = reinterpret_cast<const char*>(x.values.data() + j * x.rank);
  for (std::int64_t b = 0; b < x.rank * std::int64_t{sizeof(T)}; b += kLine) __builtin_prefetch(row + b);
}

}  // namespace

template <class T>
double read_squared_error(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& u,
                          const Factor<T, CpuBackend>& v) {
  constexpr std::int64_t kAhead = 8;  // entries
  const int rank = u.rank;
  return ordered_sum<1>(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    std::array<double, 1> sum{};
    for (std::int64_t p = m.row_ptr.data()[first], row = first; row < last; ++row) {
      const T* u_i = u.values.data() + row * rank;
      for (; p < m.row_ptr.data()[row + 1]; ++p) {
        if (p + kAhead < m.num_entries) prefetch(v, m.col_idx.data()[p + kAhead]);
        const double e =
            m.values.data()[p] - dot(rank, u_i, v.values.data() + std::int64_t{m.col_idx.data()[p]} * rank);
        sum[0] += e * e;
      }
    }
    return sum;
  })[0];
}

template double read_squared_error(CpuBackend&, const Csr<float, CpuBackend>&, const Factor<float, CpuBackend>&,
                                   const Factor<float, CpuBackend>&);
template double read_squared_error(CpuBackend&, const Csr<double, CpuBackend>&, const Factor<double, CpuBackend>&,
                                   const Factor<double, CpuBackend>&);

}  // namespace rankfill
