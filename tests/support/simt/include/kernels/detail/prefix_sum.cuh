// SPDX-License-Identifier: Apache-2.0
#pragma once

// Software twin of kernels/detail/prefix_sum.cuh: same interface, std::exclusive_scan.

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <numeric>

#include "backend/cuda.hpp"
#include "backend/cuda_check.hpp"
#include "streams.hpp"

namespace rankfill {

struct PrefixSum {
  std::int64_t* x;
  std::int64_t size;

  std::size_t scratch_bytes() const { return 1024 + static_cast<std::size_t>(size) / 16; }

  void run(void* scratch, std::size_t bytes, cudaStream_t stream) const {
    simt::settle(stream);
    const auto count = static_cast<std::size_t>(size);
    const bool valid = bytes >= scratch_bytes() && simt::find_allocation(scratch, bytes) != nullptr &&
                       simt::find_allocation(x, count * sizeof *x) != nullptr;
    check(valid ? cudaSuccess : cudaErrorInvalidValue, "PrefixSum");
    const simt::DeviceAccess access;
    std::exclusive_scan(x, x + size, x, std::int64_t{0});
  }
};

}  // namespace rankfill
