// SPDX-License-Identifier: Apache-2.0
#include "kernels/factor_rows.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "backend/parallel.hpp"
#include "kernels/cpu/row_system.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

namespace {

/// Packed column j of L has rank - j numbers, the diagonal first.
template <class T>
void pack(const RowSystem<T>& s, T* packed) {
  for (int j = 0; j < s.rank; ++j) packed = std::copy_n(s.column(j) + j, s.rank - j, packed);
}

template <class T>
void pack_diagonal(int rank, T diagonal, T* packed) {
  for (int j = 0; j < rank; ++j) {
    packed[0] = diagonal;
    std::fill_n(packed + 1, rank - j - 1, T{0});
    packed += rank - j;
  }
}

/// x <- (L L^T)^-1 x
template <class T>
void substitute(int rank, const T* packed, T* x) {
  for (int j = 0; j < rank; ++j) {
    x[j] /= packed[0];
    axpy(rank - j - 1, -x[j], packed + 1, x + j + 1);
    packed += rank - j;
  }
  for (int j = rank - 1; j >= 0; --j) {
    packed -= rank - j;
    x[j] = (x[j] - dot(rank - j - 1, packed + 1, x + j + 1)) / packed[0];
  }
}

}  // namespace

template <class T>
void factor_rows(CpuBackend& backend, const Csr<T, CpuBackend>& m, double lambda, const Buffer<T, CpuBackend>& weights,
                 const Factor<T, CpuBackend>& v, const Factor<T, CpuBackend>& u, Factor<T, CpuBackend>& g,
                 FactoredRows<T, CpuBackend>& systems, Buffer<double, CpuBackend>& squared_error) {
  const int rank = v.rank;
  // As in als_half: rows are dealt one by one, and their sums are added in row order.
  std::vector<double> partial(static_cast<std::size_t>(m.num_rows));
#pragma omp parallel num_threads(backend.threads())
  {
    RowSystem<T> s(rank);
#pragma omp for schedule(dynamic, 4)
    for (std::int64_t row = 0; row < m.num_rows; ++row) {
      const T scaled = static_cast<T>(lambda) * (weights.empty() ? T{1} : weights.data()[row]);
      const T* u_i = u.values.data() + row * rank;
      T* g_i = g.values.data() + row * rank;
      T* lower = systems.lower.data() + row * systems.numbers(rank);
      if (m.row_ptr.data()[row] == m.row_ptr.data()[row + 1]) {
        for (int k = 0; k < rank; ++k) g_i[k] = scaled * u_i[k];
        pack_diagonal(rank, scaled > 0 ? std::sqrt(scaled) : T{1}, lower);
        continue;
      }
      partial[static_cast<std::size_t>(row)] = s.form(m, row, scaled, v, u_i);
      std::copy_n(s.gradient.data(), rank, g_i);
      s.factor();
      pack(s, lower);
    }
  }
  squared_error.data()[0] = 0;
  for (const double squares : partial) squared_error.data()[0] += squares;
}

template <class T>
void solve_rows(CpuBackend& backend, const FactoredRows<T, CpuBackend>& systems, Factor<T, CpuBackend>& x) {
  for_blocks(backend, x.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row)
      substitute(x.rank, systems.lower.data() + row * systems.numbers(x.rank), x.values.data() + row * x.rank);
  });
}

template void factor_rows(CpuBackend&, const Csr<float, CpuBackend>&, double, const Buffer<float, CpuBackend>&,
                          const Factor<float, CpuBackend>&, const Factor<float, CpuBackend>&,
                          Factor<float, CpuBackend>&, FactoredRows<float, CpuBackend>&, Buffer<double, CpuBackend>&);
template void factor_rows(CpuBackend&, const Csr<double, CpuBackend>&, double, const Buffer<double, CpuBackend>&,
                          const Factor<double, CpuBackend>&, const Factor<double, CpuBackend>&,
                          Factor<double, CpuBackend>&, FactoredRows<double, CpuBackend>&, Buffer<double, CpuBackend>&);
template void solve_rows(CpuBackend&, const FactoredRows<float, CpuBackend>&, Factor<float, CpuBackend>&);
template void solve_rows(CpuBackend&, const FactoredRows<double, CpuBackend>&, Factor<double, CpuBackend>&);

}  // namespace rankfill
