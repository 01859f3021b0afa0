// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "backend/cuda.hpp"

// Memory and streams that are the caller's.

namespace rankfill {

/// The device whose memory (also managed memory) the address is in; nothing: it is host memory.
std::optional<int> device_of(const void* address);

/// What the backend enqueues from now on runs after what `stream`, a cudaStream_t of its device, holds now.  Does not wait.
void run_after(CudaBackend& backend, void* stream);

}  // namespace rankfill
