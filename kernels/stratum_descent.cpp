// SPDX-License-Identifier: Apache-2.0
#include "kernels/stratum_descent.hpp"

#include "backend/parallel.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

namespace {

template <class T>
void step_along(const Visit<T>& visit, int rank, T speed, const Pace<T>& row, const Pace<T>& col, T* u_i, T* v_j) {
  const T e = visit.value - dot(rank, u_i, v_j);
  const T u_rate = speed * row.rate, v_rate = speed * col.rate;
#pragma omp simd
  for (int k = 0; k < rank; ++k) {
    const T u = u_i[k], v = v_j[k];
    u_i[k] = u + u_rate * (e * v - row.pull * u);
    v_j[k] = v + v_rate * (e * u - col.pull * v);
  }
}

}  // namespace

template <class T>
void stratum_descent(CpuBackend& backend, const Strata<T, CpuBackend>& strata, int stratum, double speed,
                     Factors<T, CpuBackend>& at) {
  const std::int64_t* const block_ptr = strata.block_ptr.data() + std::int64_t{stratum} * strata.num_blocks;
  const int rank = at.row.rank;
#pragma omp parallel for schedule(dynamic) num_threads(backend.threads()) if (strata.num_blocks > 1)
  for (int block = 0; block < strata.num_blocks; ++block)
    for (std::int64_t p = block_ptr[block]; p < block_ptr[block + 1]; ++p) {
      const Visit<T>& visit = strata.visits.data()[p];
      step_along(visit, rank, static_cast<T>(speed), strata.row_paces.data()[visit.row],
                 strata.col_paces.data()[visit.col], at.row.values.data() + std::int64_t{visit.row} * rank,
                 at.col.values.data() + std::int64_t{visit.col} * rank);
    }
}

template void stratum_descent(CpuBackend&, const Strata<float, CpuBackend>&, int, double, Factors<float, CpuBackend>&);
template void stratum_descent(CpuBackend&, const Strata<double, CpuBackend>&, int, double,
                              Factors<double, CpuBackend>&);

}  // namespace rankfill
