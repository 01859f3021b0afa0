// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "rankfill/device.hpp"

namespace rankfill::cli {

/// *Throws* BackendUnavailable when a CUDA device is asked for by name and is not there: before anything slow happens.
void require_device(Device device);

/// Free memory of the CUDA device that a fit on `device` will use; nothing when that is the CPU.
std::optional<std::uint64_t> free_device_bytes(Device device);

}  // namespace rankfill::cli
