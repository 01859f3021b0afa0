// SPDX-License-Identifier: Apache-2.0
#include "kernels/coordinate_rows.hpp"

#include "backend/parallel.hpp"

namespace rankfill {

template <class T>
void coordinate_rows(CpuBackend& backend, const Csr<T, CpuBackend>& m, double lambda,
                     const Buffer<T, CpuBackend>& weights, const Turn& turn, const Buffer<Move<T>, CpuBackend>& held,
                     Buffer<T, CpuBackend>& e, Factor<T, CpuBackend>& u, Buffer<Move<T>, CpuBackend>& left) {
  const Move<T>* const moves = held.data();
  for_blocks(backend, m.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      T* const u_i = u.values.data() + row * u.rank;
      const std::int64_t begin = m.row_ptr.data()[row], count = m.row_ptr.data()[row + 1] - begin;
      const std::int32_t* const cols = m.col_idx.data() + begin;
      T* const e_i = e.data() + begin;

      const T moved = u_i[turn.moved];
      T a = 0, b = 0;
#pragma omp simd reduction(+ : a, b)
      for (std::int64_t p = 0; p < count; ++p) {
        const Move<T> move = moves[cols[p]];
        const T residual = e_i[p] - moved * move.step;
        e_i[p] = residual;
        a += residual * move.number;
        b += move.number * move.number;
      }
      const T scaled = static_cast<T>(lambda) * (weights.empty() ? T{1} : weights.data()[row]);
      const T step = count == 0       ? -u_i[turn.here]
                     : b + scaled > 0 ? (a - scaled * u_i[turn.here]) / (b + scaled)
                                      : T{0};
#pragma omp simd
      for (std::int64_t p = 0; p < count; ++p) e_i[p] -= step * moves[cols[p]].number;
      u_i[turn.here] += step;
      left.data()[row] = {step, u_i[turn.follow]};
    }
  });
}

template <class T>
void start_moves(CpuBackend& backend, const Factor<T, CpuBackend>& x, int follow, Buffer<Move<T>, CpuBackend>& left) {
  for_blocks(backend, x.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) left.data()[row] = {0, x.values.data()[row * x.rank + follow]};
  });
}

template void coordinate_rows(CpuBackend&, const Csr<float, CpuBackend>&, double, const Buffer<float, CpuBackend>&,
                              const Turn&, const Buffer<Move<float>, CpuBackend>&, Buffer<float, CpuBackend>&,
                              Factor<float, CpuBackend>&, Buffer<Move<float>, CpuBackend>&);
template void coordinate_rows(CpuBackend&, const Csr<double, CpuBackend>&, double, const Buffer<double, CpuBackend>&,
                              const Turn&, const Buffer<Move<double>, CpuBackend>&, Buffer<double, CpuBackend>&,
                              Factor<double, CpuBackend>&, Buffer<Move<double>, CpuBackend>&);
template void start_moves(CpuBackend&, const Factor<float, CpuBackend>&, int, Buffer<Move<float>, CpuBackend>&);
template void start_moves(CpuBackend&, const Factor<double, CpuBackend>&, int, Buffer<Move<double>, CpuBackend>&);

}  // namespace rankfill
