// SPDX-License-Identifier: Apache-2.0
#include "kernels/permute_rows.hpp"

#include "kernels/detail/thread_per_item.cuh"

namespace rankfill {

namespace {

/// Row r of the one side is row order[r] of the other.
template <class T>
__global__ void permute_thread_per_number(std::int64_t size, int rank, const std::int32_t* order, bool to_places,
                                          const T* from, T* to) {
  for (std::int64_t i = grid_thread(); i < size; i += grid_threads()) {
    const std::int64_t by_index = std::int64_t{order[i / rank]} * rank + i % rank;
    if (to_places)
      to[i] = from[by_index];
    else
      to[by_index] = from[i];
  }
}

template <class T>
void permute(CudaBackend& backend, const Buffer<std::int32_t, CudaBackend>& order, bool to_places,
             const Factor<T, CudaBackend>& from, Factor<T, CudaBackend>& to) {
  const std::int64_t size = to.values.size();
  launch(backend, thread_per_item_shape(size), permute_thread_per_number<T>, size, to.rank, order.data(), to_places,
         from.values.data(), to.values.data());
}

}  // namespace

template <class T>
void rows_to_places(CudaBackend& backend, const Buffer<std::int32_t, CudaBackend>& order,
                    const Factor<T, CudaBackend>& from, Factor<T, CudaBackend>& to) {
  permute(backend, order, true, from, to);
}

template <class T>
void rows_to_indices(CudaBackend& backend, const Buffer<std::int32_t, CudaBackend>& order,
                     const Factor<T, CudaBackend>& from, Factor<T, CudaBackend>& to) {
  permute(backend, order, false, from, to);
}

template void rows_to_places(CudaBackend&, const Buffer<std::int32_t, CudaBackend>&, const Factor<float, CudaBackend>&,
                             Factor<float, CudaBackend>&);
template void rows_to_places(CudaBackend&, const Buffer<std::int32_t, CudaBackend>&, const Factor<double, CudaBackend>&,
                             Factor<double, CudaBackend>&);
template void rows_to_indices(CudaBackend&, const Buffer<std::int32_t, CudaBackend>&, const Factor<float, CudaBackend>&,
                              Factor<float, CudaBackend>&);
template void rows_to_indices(CudaBackend&, const Buffer<std::int32_t, CudaBackend>&,
                              const Factor<double, CudaBackend>&, Factor<double, CudaBackend>&);

}  // namespace rankfill
