// SPDX-License-Identifier: Apache-2.0
#include "kernels/stratum_descent.hpp"

#include "kernels/detail/ordered_sum.cuh"

namespace rankfill {

namespace {

/// One warp owns one block of the stratum, and so all its rows and columns: every lane reads and writes the same numbers of
/// them at every entry, and needs to wait for no other.
template <class T>
__global__ void descend_warp_per_block(int num_blocks, int rank, T speed, const std::int64_t* block_ptr,
                                       const Visit<T>* visits, const Pace<T>* row_paces, const Pace<T>* col_paces, T* u,
                                       T* v) {
  for (std::int64_t block = grid_warp(); block < num_blocks; block += grid_warps())
    for (std::int64_t p = block_ptr[block]; p < block_ptr[block + 1]; ++p) {
      const Visit<T> visit = visits[p];
      const Pace<T> row = row_paces[visit.row], col = col_paces[visit.col];
      T* const u_i = u + std::int64_t{visit.row} * rank;
      T* const v_j = v + std::int64_t{visit.col} * rank;
      const T e = visit.value - warp_dot(rank, u_i, v_j);
      const T u_rate = speed * row.rate, v_rate = speed * col.rate;
      for (int k = lane_id(); k < rank; k += warp_size) {
        const T u_k = u_i[k], v_k = v_j[k];
        u_i[k] = u_k + u_rate * (e * v_k - row.pull * u_k);
        v_j[k] = v_k + v_rate * (e * u_k - col.pull * v_k);
      }
    }
}

}  // namespace

template <class T>
void stratum_descent(CudaBackend& backend, const Strata<T, CudaBackend>& strata, int stratum, double speed,
                     Factors<T, CudaBackend>& at) {
  // A warp to a block of threads: there are few, and each should have a multiprocessor's caches to itself.
  launch(backend, {dim3(blocks_for(strata.num_blocks, 1)), dim3(warp_size), 0}, descend_warp_per_block<T>,
         strata.num_blocks, at.row.rank, static_cast<T>(speed),
         strata.block_ptr.data() + std::int64_t{stratum} * strata.num_blocks, strata.visits.data(),
         strata.row_paces.data(), strata.col_paces.data(), at.row.values.data(), at.col.values.data());
}

template void stratum_descent(CudaBackend&, const Strata<float, CudaBackend>&, int, double,
                              Factors<float, CudaBackend>&);
template void stratum_descent(CudaBackend&, const Strata<double, CudaBackend>&, int, double,
                              Factors<double, CudaBackend>&);

}  // namespace rankfill
