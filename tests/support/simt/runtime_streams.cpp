// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "capture.hpp"

using simt::device_state;
using simt::record;

struct CUevent_st {
  using Clock = std::chrono::steady_clock;
  unsigned flags;
  bool recorded = false;
  cudaStream_t stream = nullptr;
  std::int64_t mark = 0;     // work_mark() then
  std::int64_t capture = 0;  // the number of the capture it was recorded in; 0: none
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

/// An event that was never recorded has nothing to wait for; one in a capture is an edge of a graph, not a moment.
cudaError_t finish(cudaEvent_t event) {
  if (const cudaError_t status = check(valid_event(event)); status != cudaSuccess) return status;
  if (event->capture != 0) return record(cudaErrorCapturedEvent);
  if (const cudaError_t status = simt::check_unsafe(); status != cudaSuccess) return status;
  if (event->recorded) simt::settle(event->stream, event->mark);
  return cudaSuccess;
}

cudaError_t finish(cudaStream_t stream) {
  if (const cudaError_t status = check(simt::valid_stream(stream)); status != cudaSuccess) return status;
  if (const cudaError_t status = simt::check_wait(stream); status != cudaSuccess) return status;
  simt::settle(stream);
  return cudaSuccess;
}

}  // namespace

cudaError_t cudaStreamCreate(cudaStream_t* pStream) { return create(pStream, cudaStreamDefault); }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* pStream, unsigned int flags) {
  return flags <= cudaStreamNonBlocking ? create(pStream, flags) : record(cudaErrorInvalidValue);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (simt::is_handle(stream)) {
    if (const cudaError_t status = simt::check_wait(stream); status != cudaSuccess) return status;
    simt::settle(stream);
  }
  return destroy(stream);
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  simt::count_wait();
  return finish(stream);
}
cudaError_t cudaStreamQuery(cudaStream_t stream) { return finish(stream); }

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int) {
  if (const cudaError_t status = check(simt::valid_stream(stream) && valid_event(event)); status != cudaSuccess)
    return status;
  simt::Capture* const capture = simt::capture_of(stream);
  if (!event->recorded || (capture && capture->number == event->capture)) return cudaSuccess;
  if (capture)
    return simt::invalidate(*capture,
                            event->capture == 0 ? cudaErrorStreamCaptureIsolation : cudaErrorStreamCaptureMerge);
  if (event->capture != 0) return record(cudaErrorNotSupported);  // the stream would join the capture: not emulated
  simt::settle(event->stream, event->mark);
  return cudaSuccess;
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
  const simt::Capture* const capture = simt::capture_of(stream);
  if (capture && capture->invalidated) return record(cudaErrorStreamCaptureInvalidated);
  event->capture = capture ? capture->number : 0;
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
