// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "machine.hpp"

using simt::device_state;
using simt::record;

// All work is done when the call that enqueues it returns, so a stream has no state and an event only a time.

struct CUstream_st {
  unsigned flags;
};

struct CUevent_st {
  using Clock = std::chrono::steady_clock;
  unsigned flags;
  bool recorded = false;
  Clock::time_point time{};
};

namespace {

template <class Handle>
cudaError_t create(Handle** handle, unsigned flags) {
  if (handle == nullptr) return record(cudaErrorInvalidValue);
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  *handle = new Handle{flags};
  simt::add_handle(*handle);
  return cudaSuccess;
}

template <class Handle>
cudaError_t destroy(Handle* handle) {
  if (!simt::remove_handle(handle)) return record(cudaErrorInvalidResourceHandle);
  delete handle;
  return device_state();
}

cudaError_t wait(const void* handle, bool null_allowed) {
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  const bool valid = handle == nullptr ? null_allowed : simt::is_handle(handle);
  return valid ? cudaSuccess : record(cudaErrorInvalidResourceHandle);
}

}  // namespace

cudaError_t cudaStreamCreate(cudaStream_t* pStream) { return create(pStream, cudaStreamDefault); }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* pStream, unsigned int flags) {
  return flags <= cudaStreamNonBlocking ? create(pStream, flags) : record(cudaErrorInvalidValue);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) { return destroy(stream); }
cudaError_t cudaStreamSynchronize(cudaStream_t stream) { return wait(stream, true); }
cudaError_t cudaStreamQuery(cudaStream_t stream) { return wait(stream, true); }

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int) {
  const cudaError_t status = wait(stream, true);
  return status != cudaSuccess ? status : wait(event, false);
}

cudaError_t cudaEventCreate(cudaEvent_t* event) { return create(event, cudaEventDefault); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return flags <= (cudaEventBlockingSync | cudaEventDisableTiming) ? create(event, flags)
                                                                   : record(cudaErrorInvalidValue);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) { return destroy(event); }
cudaError_t cudaEventSynchronize(cudaEvent_t event) { return wait(event, false); }
cudaError_t cudaEventQuery(cudaEvent_t event) { return wait(event, false); }

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (const cudaError_t status = cudaStreamWaitEvent(stream, event, 0); status != cudaSuccess) return status;
  event->recorded = true;
  event->time = CUevent_st::Clock::now();
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  if (ms == nullptr) return record(cudaErrorInvalidValue);
  for (const cudaEvent_t event : {start, end}) {
    if (const cudaError_t status = wait(event, false); status != cudaSuccess) return status;
    if (!event->recorded || (event->flags & cudaEventDisableTiming) != 0) return record(cudaErrorInvalidResourceHandle);
  }
  *ms = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return cudaSuccess;
}
