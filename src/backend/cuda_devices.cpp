// SPDX-License-Identifier: Apache-2.0
#include <cuda_runtime_api.h>

#include "backend/cuda_check.hpp"
#include "rankfill/device.hpp"

namespace rankfill {

bool built_with_cuda() noexcept { return true; }

std::vector<DeviceInfo> cuda_devices() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    ignore(cudaGetLastError());
    return {};
  }
  int current = 0;
  const bool restore = cudaGetDevice(&current) == cudaSuccess;
  std::vector<DeviceInfo> devices;
  for (int index = 0; index < count; ++index) {
    cudaDeviceProp properties{};
    std::size_t free = 0, total = 0;
    if (cudaGetDeviceProperties(&properties, index) != cudaSuccess || cudaSetDevice(index) != cudaSuccess ||
        cudaMemGetInfo(&free, &total) != cudaSuccess) {
      ignore(cudaGetLastError());  // a device this process cannot use is not one of its devices
      continue;
    }
    devices.push_back({.index = index,
                       .name = properties.name,
                       .compute_capability = properties.major * 10 + properties.minor,
                       .total_bytes = total,
                       .free_bytes = free});
  }
  if (restore) ignore(cudaSetDevice(current));
  return devices;
}

}  // namespace rankfill
