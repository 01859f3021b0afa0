// SPDX-License-Identifier: Apache-2.0
#include "kernels/permute_rows.hpp"

#include <algorithm>

#include "backend/parallel.hpp"

namespace rankfill {

template <class T>
void rows_to_places(CpuBackend& backend, const Buffer<std::int32_t, CpuBackend>& order,
                    const Factor<T, CpuBackend>& from, Factor<T, CpuBackend>& to) {
  for_blocks(backend, to.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t r = first; r < last; ++r)
      std::copy_n(from.values.data() + std::int64_t{order.data()[r]} * to.rank, to.rank,
                  to.values.data() + r * to.rank);
  });
}

template <class T>
void rows_to_indices(CpuBackend& backend, const Buffer<std::int32_t, CpuBackend>& order,
                     const Factor<T, CpuBackend>& from, Factor<T, CpuBackend>& to) {
  for_blocks(backend, to.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t r = first; r < last; ++r)
      std::copy_n(from.values.data() + r * to.rank, to.rank,
                  to.values.data() + std::int64_t{order.data()[r]} * to.rank);
  });
}

template void rows_to_places(CpuBackend&, const Buffer<std::int32_t, CpuBackend>&, const Factor<float, CpuBackend>&,
                             Factor<float, CpuBackend>&);
template void rows_to_places(CpuBackend&, const Buffer<std::int32_t, CpuBackend>&, const Factor<double, CpuBackend>&,
                             Factor<double, CpuBackend>&);
template void rows_to_indices(CpuBackend&, const Buffer<std::int32_t, CpuBackend>&, const Factor<float, CpuBackend>&,
                              Factor<float, CpuBackend>&);
template void rows_to_indices(CpuBackend&, const Buffer<std::int32_t, CpuBackend>&, const Factor<double, CpuBackend>&,
                              Factor<double, CpuBackend>&);

}  // namespace rankfill
