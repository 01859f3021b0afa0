// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda_pointers.hpp"

#include "backend/cuda_handles.hpp"

namespace rankfill {

std::optional<int> device_of(const void* address) {
  cudaPointerAttributes attributes{};
  check(cudaPointerGetAttributes(&attributes, address), "cudaPointerGetAttributes");
  if (attributes.type != cudaMemoryTypeDevice && attributes.type != cudaMemoryTypeManaged) return std::nullopt;
  return attributes.device;
}

void run_after(CudaBackend& backend, void* stream) {
  const CudaEvent so_far = make_event();  // what waits for an event may outlive it
  check(cudaEventRecord(so_far.get(), static_cast<cudaStream_t>(stream)), "cudaEventRecord");
  check(cudaStreamWaitEvent(backend.stream(), so_far.get(), 0), "cudaStreamWaitEvent");
}

}  // namespace rankfill
