// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_scatter.hpp"

#include <algorithm>

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/ordered_sum.cuh"

namespace rankfill {

namespace {

/// g[k] += scale * x[k] for one row, atomically, by the whole warp; 16 bytes at a time where rows are so aligned.
template <class T>
__device__ __forceinline__ void scatter_add(int rank, T scale, const T* x, T* g) {
  constexpr int width = 16 / sizeof(T);
  if (rank % width == 0) {
    for (int k = lane_id() * width; k < rank; k += warp_size * width) {
      T part[width];
      load_vector16(x + k, part);
      for (int i = 0; i < width; ++i) part[i] *= scale;
      add_vector(g + k, part);
    }
  } else {
    for (int k = lane_id(); k < rank; k += warp_size) atomicAdd(g + k, scale * x[k]);
  }
}

/// One warp takes one entry after another: residual, then both scatter-adds.  The warp's sum of squares goes to
/// partial[warp].
template <class T>
__global__ void gradient_warp_per_entry(std::int64_t num_entries, int rank, const std::int32_t* row_idx, EntryView<T> m,
                                        const T* u, const T* v, T* gu, T* gv, double* partial) {
  double sum = 0;
  for (std::int64_t p = grid_warp(); p < num_entries; p += grid_warps()) {
    const std::int64_t i = std::int64_t{row_idx[p]} * rank, j = m.col(p) * rank;
    const T e = m.value(p) - warp_dot(rank, u + i, v + j);
    scatter_add(rank, -e, v + j, gu + i);
    scatter_add(rank, -e, u + i, gv + j);
    sum += double{e} * double{e};
  }
  if (lane_id() == 0) partial[grid_warp()] = sum;
}

}  // namespace

template <class T>
void gradient_scatter(CudaBackend& backend, const Observations<T, CudaBackend>& observations,
                      const Factors<T, CudaBackend>& at, Factors<T, CudaBackend>& gradient,
                      Buffer<double, CudaBackend>& squared_error) {
  gradient.fill_zero();
  const Csr<T, CudaBackend>& m = observations.by_row;
  if (m.num_entries == 0) return squared_error.fill_zero();
  // A few blocks per multiprocessor keep every lane busy; more would only make more partial sums.
  const unsigned blocks =
      std::min(blocks_for(m.num_entries, kWarpsPerBlock), 16U * static_cast<unsigned>(backend.num_multiprocessors()));
  const std::int64_t warps = std::int64_t{blocks} * kWarpsPerBlock;
  const SumSpace space(backend, warps, 1, 0, "sums of squared residuals");
  launch(backend, {dim3(blocks), dim3(kBlockThreads), 0}, gradient_warp_per_entry<T>, m.num_entries, at.row.rank,
         observations.row_idx.data(), view(m), at.row.values.data(), at.col.values.data(), gradient.row.values.data(),
         gradient.col.values.data(), space.partial);
  ordered_sum<1>(backend, space.partial, warps, squared_error.data());
}

template void gradient_scatter(CudaBackend&, const Observations<float, CudaBackend>&,
                               const Factors<float, CudaBackend>&, Factors<float, CudaBackend>&,
                               Buffer<double, CudaBackend>&);
template void gradient_scatter(CudaBackend&, const Observations<double, CudaBackend>&,
                               const Factors<double, CudaBackend>&, Factors<double, CudaBackend>&,
                               Buffer<double, CudaBackend>&);

}  // namespace rankfill
