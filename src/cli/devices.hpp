// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rankfill/device.hpp"

namespace rankfill::cli {

/// *Throws* BackendUnavailable when a CUDA device is asked for by name and is not there: before anything slow happens.
void require_device(Device device);

}  // namespace rankfill::cli
