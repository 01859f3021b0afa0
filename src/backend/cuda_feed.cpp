// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda_feed.hpp"

namespace rankfill {

CudaFeed::CudaFeed(CudaBackend& backend, std::size_t slot_bytes, const char* purpose)
    : backend_(backend), stream_(make_stream()) {
  for (Slot& slot : slots_) {
    slot.memory = {backend, static_cast<std::int64_t>(slot_bytes), purpose};
    slot.filled = make_event();
    slot.read = make_event();
  }
}

/// Pinned memory and slots are freed next: no copy may still use them.
CudaFeed::~CudaFeed() { ignore(cudaStreamSynchronize(stream_.get())); }

}  // namespace rankfill
