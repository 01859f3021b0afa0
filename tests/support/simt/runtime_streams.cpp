// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "streams.hpp"

using simt::device_state;
using simt::record;

struct CUevent_st {
  using Clock = std::chrono::steady_clock;
  unsigned flags;
  bool recorded = false;
  cudaStream_t stream = nullptr;
  std::int64_t mark = 0;  // work_mark() then
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

cudaError_t check(bool valid) {
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  return valid ? cudaSuccess : record(cudaErrorInvalidResourceHandle);
}
bool valid_event(cudaEvent_t event) { return event != nullptr && simt::is_handle(event); }

/// An event that was never recorded has nothing to wait for.
cudaError_t finish(cudaEvent_t event) {
  const cudaError_t status = check(valid_event(event));
  if (status == cudaSuccess && event->recorded) simt::settle(event->stream, event->mark);
  return status;
}

cudaError_t finish(cudaStream_t stream) {
  const cudaError_t status = check(simt::valid_stream(stream));
  if (status == cudaSuccess) simt::settle(stream);
  return status;
}

}  // namespace

cudaError_t cudaStreamCreate(cudaStream_t* pStream) { return create(pStream, cudaStreamDefault); }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* pStream, unsigned int flags) {
  return flags <= cudaStreamNonBlocking ? create(pStream, flags) : record(cudaErrorInvalidValue);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  simt::settle(stream);
  return destroy(stream);
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  simt::count_wait();
  return finish(stream);
}
cudaError_t cudaStreamQuery(cudaStream_t stream) { return finish(stream); }

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int) {
  const cudaError_t status = check(simt::valid_stream(stream));
  return status != cudaSuccess ? status : finish(event);
}

cudaError_t cudaEventCreate(cudaEvent_t* event) { return create(event, cudaEventDefault); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return flags <= (cudaEventBlockingSync | cudaEventDisableTiming) ? create(event, flags)
                                                                   : record(cudaErrorInvalidValue);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) { return destroy(event); }
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  simt::count_wait();
  return finish(event);
}
cudaError_t cudaEventQuery(cudaEvent_t event) { return finish(event); }

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (const cudaError_t status = check(valid_event(event) && simt::valid_stream(stream)); status != cudaSuccess)
    return status;
  event->recorded = true;
  event->stream = stream;
  event->mark = simt::work_mark();
  event->time = CUevent_st::Clock::now();
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  if (ms == nullptr) return record(cudaErrorInvalidValue);
  for (const cudaEvent_t event : {start, end}) {
    if (const cudaError_t status = finish(event); status != cudaSuccess) return status;
    if (!event->recorded || (event->flags & cudaEventDisableTiming) != 0) return record(cudaErrorInvalidResourceHandle);
  }
  *ms = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return cudaSuccess;
}
