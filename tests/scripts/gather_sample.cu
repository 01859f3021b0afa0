// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "kernels/detail/ptx.cuh"
#include "kernels/detail/warp.cuh"

// A gather as the shipped kernels do it, small enough to plant faults in: sass_faults_test.py.

namespace rankfill {

/// out_i = sum_p <x_i, y_p> y_p over the entries p of row i, rank 64; one warp per row, 16 lanes and 16 bytes a lane
/// for each gathered row, so two entries a step, four steps in flight.
__global__ void __launch_bounds__(256, 4) gather_warp_per_row(const std::int64_t* row_ptr, const std::int32_t* col_idx,
                                                              const float* x, const float* y, float* out) {
  constexpr int rank = 64, lanes = 16, steps = 4;
  const int lane = static_cast<int>(threadIdx.x) % warp_size, sub = lane / lanes, k = lane % lanes * 4;
  const std::int64_t row = (std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x) / warp_size;
  float x_i[4], sum[4] = {};
  for (int c = 0; c < 4; ++c) x_i[c] = x[row * rank + k + c];
  const std::int64_t last = row_ptr[row + 1];
  for (std::int64_t p = row_ptr[row]; p < last; p += warp_size) {
    const int own = p + lane < last ? col_idx[p + lane] : 0;
#pragma unroll 1
    for (int t = 0; t < warp_size; t += 2 * steps) {
      float y_p[steps][4];
#pragma unroll
      for (int s = 0; s < steps; ++s) {
        const int col = __shfl_sync(full_warp, own, t + 2 * s + sub);
        load_vector16(y + std::int64_t{col} * rank + k, y_p[s]);
      }
#pragma unroll
      for (int s = 0; s < steps; ++s) {
        float dot = 0;
        for (int c = 0; c < 4; ++c) dot += x_i[c] * y_p[s][c];
        for (int offset = lanes / 2; offset > 0; offset /= 2) dot += __shfl_xor_sync(full_warp, dot, offset);
        for (int c = 0; c < 4; ++c) sum[c] += dot * y_p[s][c];
      }
    }
  }
  for (int c = 0; c < 4; ++c) {
    sum[c] += __shfl_xor_sync(full_warp, sum[c], lanes);
    if (sub == 0) out[row * rank + k + c] = sum[c];
  }
}

}  // namespace rankfill
