// SPDX-License-Identifier: Apache-2.0
#include "kernels/random_start.hpp"

#include <cmath>

#include "kernels/detail/normal_pair.hpp"
#include "kernels/detail/thread_per_item.cuh"

namespace rankfill {

namespace {

template <class T>
__global__ void start_thread_per_pair(std::int64_t num_rows, int rank, std::uint64_t seed, std::uint32_t side,
                                      const std::int64_t* row_ptr, const std::int32_t* order, double deviation, T* x) {
  const int pairs = (rank + 1) / 2;
  for (std::int64_t i = grid_thread(); i < num_rows * pairs; i += grid_threads()) {
    const std::int64_t row = i / pairs;
    const int k = 2 * static_cast<int>(i % pairs);
    double first = 0, second = 0;
    if (row_ptr[row] < row_ptr[row + 1]) {
      const auto index = static_cast<std::uint32_t>(order ? order[row] : row);
      const auto pair = normal_pair<double>(seed, side, index, static_cast<std::uint32_t>(k / 2));
      first = deviation * pair[0];
      second = deviation * pair[1];
    }
    x[row * rank + k] = static_cast<T>(first);
    if (k + 1 < rank) x[row * rank + k + 1] = static_cast<T>(second);
  }
}

}  // namespace

template <class T>
void random_start(CudaBackend& backend, std::uint64_t seed, std::uint32_t side,
                  const Buffer<std::int64_t, CudaBackend>& row_ptr, const Buffer<std::int32_t, CudaBackend>& order,
                  double value_rms, Factor<T, CudaBackend>& x) {
  const double deviation = std::sqrt(value_rms / std::sqrt(static_cast<double>(x.rank)));
  launch(backend, thread_per_item_shape(x.num_rows * ((x.rank + 1) / 2)), start_thread_per_pair<T>, x.num_rows, x.rank,
         seed, side, row_ptr.data(), order.data(), deviation, x.values.data());
}

template void random_start(CudaBackend&, std::uint64_t, std::uint32_t, const Buffer<std::int64_t, CudaBackend>&,
                           const Buffer<std::int32_t, CudaBackend>&, double, Factor<float, CudaBackend>&);
template void random_start(CudaBackend&, std::uint64_t, std::uint32_t, const Buffer<std::int64_t, CudaBackend>&,
                           const Buffer<std::int32_t, CudaBackend>&, double, Factor<double, CudaBackend>&);

}  // namespace rankfill
