// SPDX-License-Identifier: Apache-2.0
#include "kernels/random_start.hpp"

#include <cmath>

#include "backend/parallel.hpp"
#include "kernels/detail/normal_pair.hpp"

namespace rankfill {

template <class T>
void random_start(CpuBackend& backend, std::uint64_t seed, std::uint32_t side,
                  const Buffer<std::int64_t, CpuBackend>& row_ptr, const Buffer<std::int32_t, CpuBackend>& order,
                  double value_rms, Factor<T, CpuBackend>& x) {
  const double deviation = std::sqrt(value_rms / std::sqrt(static_cast<double>(x.rank)));
  for_blocks(backend, x.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      T* to = x.values.data() + row * x.rank;
      const bool empty = row_ptr.data()[row] == row_ptr.data()[row + 1];
      const auto index = static_cast<std::uint32_t>(order.empty() ? row : order.data()[row]);
      for (int k = 0; k < x.rank; k += 2) {
        const auto pair =
            empty ? std::array<double, 2>{} : normal_pair<double>(seed, side, index, static_cast<std::uint32_t>(k / 2));
        to[k] = static_cast<T>(deviation * pair[0]);
        if (k + 1 < x.rank) to[k + 1] = static_cast<T>(deviation * pair[1]);
      }
    }
  });
}

template void random_start(CpuBackend&, std::uint64_t, std::uint32_t, const Buffer<std::int64_t, CpuBackend>&,
                           const Buffer<std::int32_t, CpuBackend>&, double, Factor<float, CpuBackend>&);
template void random_start(CpuBackend&, std::uint64_t, std::uint32_t, const Buffer<std::int64_t, CpuBackend>&,
                           const Buffer<std::int32_t, CpuBackend>&, double, Factor<double, CpuBackend>&);

}  // namespace rankfill
