// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <cub/device/device_scan.cuh>

#include "backend/cuda.hpp"
#include "backend/cuda_check.hpp"

// tests/support/simt/include/kernels/detail/prefix_sum.cuh is the same interface in software; keep the two equal.

namespace rankfill {

/// x_i = the sum of what x_0 .. x_{i-1} were.
struct PrefixSum {
  std::int64_t* x;
  std::int64_t size;

  std::size_t scratch_bytes() const {
    std::size_t bytes = 0;
    call(nullptr, bytes, nullptr);
    return bytes;
  }
  /// Enqueues.
  void run(void* scratch, std::size_t bytes, cudaStream_t stream) const { call(scratch, bytes, stream); }

 private:
  void call(void* scratch, std::size_t& bytes, cudaStream_t stream) const {
    check(cub::DeviceScan::ExclusiveSum(scratch, bytes, x, x, size, stream), "cub::DeviceScan::ExclusiveSum");
  }
};

}  // namespace rankfill
