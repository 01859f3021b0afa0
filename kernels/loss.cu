// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss.hpp"

#include "kernels/detail/gather_plan.cuh"

namespace rankfill {

namespace {

template <class T, int lanes, int vectors>
__global__ void __launch_bounds__(kGatherThreads, resident_blocks<GatherWalk<T, lanes, vectors>>)
    squared_error_warp_per_chunk(const GatherTask<T, T> task) {
  gather_rows<GatherWalk<T, lanes, vectors>, false>(task);
}

}  // namespace

template <class T>
double read_squared_error(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                          const Factor<T, CudaBackend>& v) {
  if (m.num_entries == 0) return 0;
  double sum = 0;
  with_gather_walk<T>(gather_vectors<T>(u.rank), [&](auto walk) {
    using W = decltype(walk);
    GatherTask<T, T> task = gather_task<T>(m, u);
    const std::int64_t sums = gather_sums<W>(task);
    const SumSpace space(backend, sums, 1, gather_room<T>(v), "sums of squared residuals and fetched rows");
    task.partial = space.partial;
    task.v = gather_table<T>(backend, v, space.more);
    launch(backend, gather_shape<W, false>(task), squared_error_warp_per_chunk<T, W::lanes, W::vectors>, task);
    ordered_sum<1>(backend, space.partial, sums, space.total);
    backend.download(&sum, space.total, sizeof sum);
  });
  return sum;
}

template double read_squared_error(CudaBackend&, const Csr<float, CudaBackend>&, const Factor<float, CudaBackend>&,
                                   const Factor<float, CudaBackend>&);
template double read_squared_error(CudaBackend&, const Csr<double, CudaBackend>&, const Factor<double, CudaBackend>&,
                                   const Factor<double, CudaBackend>&);

}  // namespace rankfill
