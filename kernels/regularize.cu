// SPDX-License-Identifier: Apache-2.0
#include "kernels/regularize.hpp"

#include "kernels/detail/blas.cuh"
#include "kernels/detail/ordered_sum.cuh"

namespace rankfill {

namespace {

template <class T>
__global__ void add_scaled_rows_thread_per_number(std::int64_t size, int rank, T lambda, const T* weights, const T* x,
                                                  T* g) {
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size; i += stride)
    g[i] += lambda * weights[i / rank] * x[i];
}

/// One warp owns one row and leaves w <x, y> and w^2 <x, y> in partial[2 row] and the next.  No weights (null): 1.
template <class T>
__global__ void weighted_dots_warp_per_row(std::int64_t num_rows, int rank, const T* weights, const T* x, const T* y,
                                           double* partial) {
  for (std::int64_t row = grid_warp(); row < num_rows; row += grid_warps()) {
    double sum = 0;
    for (std::int64_t k = row * rank + lane_id(); k < (row + 1) * rank; k += warp_size)
      sum += double{x[k]} * double{y[k]};
    sum = warp_sum(sum);
    const double w = weights ? double{weights[row]} : 1.0;
    if (lane_id() == 0) {
      partial[2 * row] = w * sum;
      partial[2 * row + 1] = w * w * sum;
    }
  }
}

/// Enqueues both sums to `out`, by way of `space`, which has room for them.
template <class T>
void dots(CudaBackend& backend, const Buffer<T, CudaBackend>& weights, const Factor<T, CudaBackend>& x,
          const Factor<T, CudaBackend>& y, const SumSpace& space, double* out) {
  launch(backend, warp_per_row_shape(x.num_rows), weighted_dots_warp_per_row<T>, x.num_rows, x.rank, weights.data(),
         x.values.data(), y.values.data(), space.partial);
  ordered_sum<kWeightedDots>(backend, space.partial, x.num_rows, out);
}

template <class T>
SumSpace dots_space(CudaBackend& backend, const Factor<T, CudaBackend>& x) {
  return {backend, x.num_rows, kWeightedDots, 0, "sums over rows"};
}

}  // namespace

template <class T>
void add_regularization(CudaBackend& backend, double lambda, const Buffer<T, CudaBackend>& weights,
                        const Factor<T, CudaBackend>& x, Factor<T, CudaBackend>& g) {
  const std::int64_t size = x.values.size();
  if (size == 0) return;
  const T scale = static_cast<T>(lambda);
  if (weights.empty()) {
    blas::in_pieces(size, [&](std::int64_t first, int count) {
      blas::axpy(backend, count, scale, x.values.data() + first, g.values.data() + first);
    });
  } else {
    launch(backend, {dim3(blocks_for(size, kBlockThreads)), dim3(kBlockThreads), 0},
           add_scaled_rows_thread_per_number<T>, size, x.rank, scale, weights.data(), x.values.data(), g.values.data());
  }
}

template <class T>
void weighted_dots(CudaBackend& backend, const Buffer<T, CudaBackend>& weights, const Factor<T, CudaBackend>& x,
                   const Factor<T, CudaBackend>& y, Buffer<double, CudaBackend>& out, std::int64_t first) {
  dots(backend, weights, x, y, dots_space(backend, x), out.data() + first);
}

template <class T>
double read_weighted_dot(CudaBackend& backend, const Buffer<T, CudaBackend>& weights, int power,
                         const Factor<T, CudaBackend>& x, const Factor<T, CudaBackend>& y) {
  const SumSpace space = dots_space(backend, x);
  dots(backend, weights, x, y, space, space.total);
  double sum = 0;
  backend.download(&sum, space.total + (power - 1), sizeof sum);
  return sum;
}

template void add_regularization(CudaBackend&, double, const Buffer<float, CudaBackend>&,
                                 const Factor<float, CudaBackend>&, Factor<float, CudaBackend>&);
template void add_regularization(CudaBackend&, double, const Buffer<double, CudaBackend>&,
                                 const Factor<double, CudaBackend>&, Factor<double, CudaBackend>&);
template void weighted_dots(CudaBackend&, const Buffer<float, CudaBackend>&, const Factor<float, CudaBackend>&,
                            const Factor<float, CudaBackend>&, Buffer<double, CudaBackend>&, std::int64_t);
template void weighted_dots(CudaBackend&, const Buffer<double, CudaBackend>&, const Factor<double, CudaBackend>&,
                            const Factor<double, CudaBackend>&, Buffer<double, CudaBackend>&, std::int64_t);
template double read_weighted_dot(CudaBackend&, const Buffer<float, CudaBackend>&, int,
                                  const Factor<float, CudaBackend>&, const Factor<float, CudaBackend>&);
template double read_weighted_dot(CudaBackend&, const Buffer<double, CudaBackend>&, int,
                                  const Factor<double, CudaBackend>&, const Factor<double, CudaBackend>&);

}  // namespace rankfill
