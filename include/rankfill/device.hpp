// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rankfill {

/// Where to compute.  `automatic`: the first CUDA device when there is one, else the CPU.
struct Device {
  enum class Kind { automatic, cpu, cuda };
  Kind kind = Kind::automatic;
  int index = 0;  ///< CUDA device number; ignored otherwise
};

/// "auto", "cpu", "cuda", "cuda:1" <-> Device.  *Throws* InvalidOption on any other text.
Device parse_device(const std::string& text);
std::string to_string(Device device);

/// What one CUDA device is.
struct DeviceInfo {
  int index = 0;
  std::string name;
  int compute_capability = 0;  ///< 90 for 9.0
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;
};

/// Was the CUDA half built in?
bool built_with_cuda() noexcept;

/// The CUDA devices this process can use; empty (never an error) without a driver, a device, or the CUDA half.
std::vector<DeviceInfo> cuda_devices();

}  // namespace rankfill
