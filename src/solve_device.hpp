// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rankfill/options.hpp"

namespace rankfill {

/// The CUDA device to use, or -1 for the CPU.  *Throws* BackendUnavailable when a CUDA device is asked for and is not there.
int resolve_device(Device device);

/// *Throws* InvalidOption for the first violated rule.
void require_valid(const Options& options);

}  // namespace rankfill
