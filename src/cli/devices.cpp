// SPDX-License-Identifier: Apache-2.0
#include "cli/devices.hpp"

#include <algorithm>

#include "rankfill/error.hpp"
#include "solve_device.hpp"

namespace rankfill::cli {

void require_device(Device device) {
  if (device.kind != Device::Kind::cuda) return;
  if (!built_with_cuda()) throw BackendUnavailable("device " + to_string(device) + ": this build has no CUDA half");
  const auto devices = cuda_devices();
  if (std::any_of(devices.begin(), devices.end(), [&](const DeviceInfo& info) { return info.index == device.index; }))
    return;
  throw BackendUnavailable("device " + to_string(device) + ": not there; " + std::to_string(devices.size()) +
                           " CUDA device(s) can be used (rankfill info lists them)");
}

std::optional<std::uint64_t> free_device_bytes(Device device) {
  const int index = resolve_device(device);
  for (const DeviceInfo& info : cuda_devices())
    if (info.index == index) return info.free_bytes;
  return std::nullopt;
}

}  // namespace rankfill::cli
