// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "backend/cuda.hpp"
#include "backend/cuda_check.hpp"

// CMake 3.25.1 accepts CMAKE_CUDA_STANDARD 20 and passes nvcc no flag for it.
static_assert(__cplusplus >= 202002L, "rankfill is compiled as C++20");

namespace rankfill {

struct LaunchShape {
  dim3 grid;
  dim3 block;
  std::size_t shared_bytes = 0;
};

/// Blocks for `items` items, `per_block` in each; at least one, because an empty grid is an error, and at most what a
/// grid can hold.  So every kernel strides over the grid and tests its bound:
///     for (std::int64_t i = first; i < items; i += stride)   with stride = std::int64_t{gridDim.x} * per_block
inline unsigned blocks_for(std::int64_t items, int per_block) {
  constexpr std::int64_t max_blocks = std::numeric_limits<std::int32_t>::max();
  const std::int64_t blocks = items / per_block + (items % per_block != 0 ? 1 : 0);
  return static_cast<unsigned>(std::clamp<std::int64_t>(blocks, 1, max_blocks));
}

/// Enqueues `kernel` on the backend's stream; does not wait.  Not <<<>>>, so that a host compiler can read the file and
/// the tests can run it on the CPU.  Throws DeviceError if the device refuses the shape.
template <class... Parameters, class... Arguments>
void launch(CudaBackend& backend, const LaunchShape& shape, void (*kernel)(Parameters...), Arguments&&... arguments) {
  constexpr std::size_t without_opt_in = 48 * 1024;
  if (shape.shared_bytes > without_opt_in) {
    check(
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shape.shared_bytes)),
        "cudaFuncSetAttribute(MaxDynamicSharedMemorySize)");
  }
  cudaLaunchConfig_t config{};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.dynamicSmemBytes = shape.shared_bytes;
  config.stream = backend.stream();
  check(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...), "cudaLaunchKernelEx");
}

}  // namespace rankfill
