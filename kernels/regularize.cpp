// SPDX-License-Identifier: Apache-2.0
#include "kernels/regularize.hpp"

#include "backend/parallel.hpp"
#include "kernels/detail/rows.hpp"

namespace rankfill {

template <class T>
void add_regularization(CpuBackend& backend, double lambda, const Buffer<T, CpuBackend>& weights,
                        const Factor<T, CpuBackend>& x, Factor<T, CpuBackend>& g) {
  for_blocks(backend, x.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const T scale = static_cast<T>(lambda) * (weights.empty() ? T{1} : weights.data()[row]);
      axpy(x.rank, scale, x.values.data() + row * x.rank, g.values.data() + row * x.rank);
    }
  });
}

namespace {

template <class T>
std::array<double, kWeightedDots> dots(CpuBackend& backend, const Buffer<T, CpuBackend>& weights,
                                       const Factor<T, CpuBackend>& x, const Factor<T, CpuBackend>& y) {
  return ordered_sum<kWeightedDots>(backend, x.num_rows, [&](std::int64_t first, std::int64_t last) {
    std::array<double, kWeightedDots> sum{};
    for (std::int64_t row = first; row < last; ++row) {
      double part = 0;
      for (std::int64_t k = row * x.rank; k < (row + 1) * x.rank; ++k)
        part += double{x.values.data()[k]} * double{y.values.data()[k]};
      const double w = weights.empty() ? 1.0 : double{weights.data()[row]};
      sum[0] += w * part;
      sum[1] += w * w * part;
    }
    return sum;
  });
}

}  // namespace

template <class T>
void weighted_dots(CpuBackend& backend, const Buffer<T, CpuBackend>& weights, const Factor<T, CpuBackend>& x,
                   const Factor<T, CpuBackend>& y, Buffer<double, CpuBackend>& out, std::int64_t first) {
  const auto sums = dots(backend, weights, x, y);
  std::copy(sums.begin(), sums.end(), out.data() + first);
}

template <class T>
double read_weighted_dot(CpuBackend& backend, const Buffer<T, CpuBackend>& weights, int power,
                         const Factor<T, CpuBackend>& x, const Factor<T, CpuBackend>& y) {
  return dots(backend, weights, x, y)[static_cast<std::size_t>(power - 1)];
}

template void add_regularization(CpuBackend&, double, const Buffer<float, CpuBackend>&,
                                 const Factor<float, CpuBackend>&, Factor<float, CpuBackend>&);
template void add_regularization(CpuBackend&, double, const Buffer<double, CpuBackend>&,
                                 const Factor<double, CpuBackend>&, Factor<double, CpuBackend>&);
template void weighted_dots(CpuBackend&, const Buffer<float, CpuBackend>&, const Factor<float, CpuBackend>&,
                            const Factor<float, CpuBackend>&, Buffer<double, CpuBackend>&, std::int64_t);
template void weighted_dots(CpuBackend&, const Buffer<double, CpuBackend>&, const Factor<double, CpuBackend>&,
                            const Factor<double, CpuBackend>&, Buffer<double, CpuBackend>&, std::int64_t);
template double read_weighted_dot(CpuBackend&, const Buffer<float, CpuBackend>&, int, const Factor<float, CpuBackend>&,
                                  const Factor<float, CpuBackend>&);
template double read_weighted_dot(CpuBackend&, const Buffer<double, CpuBackend>&, int,
                                  const Factor<double, CpuBackend>&, const Factor<double, CpuBackend>&);

}  // namespace rankfill
