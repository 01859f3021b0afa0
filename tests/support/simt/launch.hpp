// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator.hpp"
#include "include/cuda_runtime_api.h"

namespace simt {

/// Checks the configuration as a device of compute capability 9.0 does, then runs the grid before returning.  A fault
/// in the kernel is returned at once, as under CUDA_LAUNCH_BLOCKING=1, and stays: see control.hpp.
cudaError_t launch(const cudaLaunchConfig_t& config, const void* kernel, BoundKernel bound);

}  // namespace simt
