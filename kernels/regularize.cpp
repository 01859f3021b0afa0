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

template <class T>
double read_weighted_dot(CpuBackend& backend, const Buffer<T, CpuBackend>& weights, int power,
                         const Factor<T, CpuBackend>& x, const Factor<T, CpuBackend>& y) {
  return ordered_sum<1>(backend, x.num_rows, [&](std::int64_t first, std::int64_t last) {
    std::array<double, 1> sum{};
    for (std::int64_t row = first; row < last; ++row) {
      double part = 0;
      for (std::int64_t k = row * x.rank; k < (row + 1) * x.rank; ++k)
        part += double{x.values.data()[k]} * double{y.values.data()[k]};
      const double w = weights.empty() ? 1.0 : double{weights.data()[row]};
      sum[0] += power == 2 ? w * w * part : w * part;
    }
    return sum;
  })[0];
}

template void add_regularization(CpuBackend&, double, const Buffer<float, CpuBackend>&,
                                 const Factor<float, CpuBackend>&, Factor<float, CpuBackend>&);
template void add_regularization(CpuBackend&, double, const Buffer<double, CpuBackend>&,
                                 const Factor<double, CpuBackend>&, Factor<double, CpuBackend>&);
template double read_weighted_dot(CpuBackend&, const Buffer<float, CpuBackend>&, int, const Factor<float, CpuBackend>&,
                                  const Factor<float, CpuBackend>&);
template double read_weighted_dot(CpuBackend&, const Buffer<double, CpuBackend>&, int,
                                  const Factor<double, CpuBackend>&, const Factor<double, CpuBackend>&);

}  // namespace rankfill
