// SPDX-License-Identifier: Apache-2.0
#include "capture.hpp"

#include <algorithm>
#include <set>

namespace simt {
namespace {

/// The streams that are capturing.
std::set<cudaStream_t>& capturing() {
  static std::set<cudaStream_t> streams;
  return streams;
}

/// Invalidates the captures that meet the condition; `status` if there was one.
template <class Disturbed>
cudaError_t disturb(const Disturbed& disturbed, cudaError_t status) {
  const std::lock_guard lock(machine().mutex);
  cudaError_t result = cudaSuccess;
  for (const cudaStream_t stream : capturing())
    if (disturbed(*stream)) result = invalidate(*stream->capture, status);
  return result;
}

/// The legacy stream waits for every blocking stream, which a stream that writes down cannot answer.
cudaError_t check_legacy_stream() {
  return disturb([](const CUstream_st& s) { return (s.flags & cudaStreamNonBlocking) == 0; },
                 cudaErrorStreamCaptureImplicit);
}

}  // namespace

Capture* capture_of(cudaStream_t stream) { return stream == nullptr ? nullptr : stream->capture.get(); }

cudaError_t invalidate(Capture& capture, cudaError_t status) {
  capture.invalidated = true;
  return record(status);
}

cudaError_t enqueue(cudaStream_t stream, Work work) {
  if (!valid_stream(stream)) return record(cudaErrorInvalidResourceHandle);
  if (stream == nullptr)
    if (const cudaError_t status = check_legacy_stream(); status != cudaSuccess) return status;
  if (Capture* const capture = capture_of(stream)) {
    if (capture->invalidated) return record(cudaErrorStreamCaptureInvalidated);
    capture->work.push_back(std::move(work));
    return cudaSuccess;
  }
  return work(stream);
}

cudaError_t check_wait(cudaStream_t stream) {
  if (!valid_stream(stream)) return record(cudaErrorInvalidResourceHandle);
  if (stream == nullptr) return check_legacy_stream();
  Capture* const capture = capture_of(stream);
  return capture ? invalidate(*capture, cudaErrorStreamCaptureUnsupported) : cudaSuccess;
}

cudaError_t check_device_wait() {
  return disturb([](const CUstream_st&) { return true; }, cudaErrorStreamCaptureUnsupported);
}

cudaError_t check_unsafe() {
  return disturb(
      [here = std::this_thread::get_id()](const CUstream_st& s) {
        const bool mine = s.capture->thread == here && s.capture->mode != cudaStreamCaptureModeRelaxed;
        return mine || s.capture->mode == cudaStreamCaptureModeGlobal;
      },
      cudaErrorStreamCaptureUnsupported);
}

}  // namespace simt

using simt::device_state;
using simt::record;

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  if (!simt::valid_stream(stream)) return record(cudaErrorInvalidResourceHandle);
  if (mode < cudaStreamCaptureModeGlobal || mode > cudaStreamCaptureModeRelaxed) return record(cudaErrorInvalidValue);
  if (stream == nullptr) return record(cudaErrorStreamCaptureUnsupported);
  if (stream->capture) return record(cudaErrorIllegalState);
  const std::lock_guard lock(simt::machine().mutex);
  static std::int64_t begun = 0;
  stream->capture = std::make_unique<simt::Capture>(simt::Capture{++begun, mode, std::this_thread::get_id(), {}});
  simt::capturing().insert(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* pGraph) {
  if (!simt::valid_stream(stream)) return record(cudaErrorInvalidResourceHandle);
  if (pGraph == nullptr) return record(cudaErrorInvalidValue);
  *pGraph = nullptr;
  simt::Capture* const capture = simt::capture_of(stream);
  if (capture == nullptr) return record(cudaErrorIllegalState);
  if (capture->mode != cudaStreamCaptureModeRelaxed && capture->thread != std::this_thread::get_id())
    return simt::invalidate(*capture, cudaErrorStreamCaptureWrongThread);
  const std::lock_guard lock(simt::machine().mutex);
  const auto ended = std::move(stream->capture);
  simt::capturing().erase(stream);
  if (ended->invalidated) return record(cudaErrorStreamCaptureInvalidated);
  ++simt::machine().captures;
  *pGraph = new CUgraph_st{std::move(ended->work)};
  simt::add_handle(*pGraph);
  return device_state();
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* pCaptureStatus) {
  if (!simt::valid_stream(stream)) return record(cudaErrorInvalidResourceHandle);
  if (pCaptureStatus == nullptr) return record(cudaErrorInvalidValue);
  const simt::Capture* const capture = simt::capture_of(stream);
  *pCaptureStatus = capture == nullptr     ? cudaStreamCaptureStatusNone
                    : capture->invalidated ? cudaStreamCaptureStatusInvalidated
                                           : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* pGraphExec, cudaGraph_t graph, unsigned long long flags) {
  if (pGraphExec == nullptr || graph == nullptr || !simt::is_handle(graph) || flags != 0)
    return record(cudaErrorInvalidValue);
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  *pGraphExec = new CUgraphExec_st{graph->work};
  simt::add_handle(*pGraphExec);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graphExec, cudaStream_t stream) {
  if (graphExec == nullptr || !simt::is_handle(graphExec)) return record(cudaErrorInvalidValue);
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  return simt::enqueue(stream, [all = graphExec->work](cudaStream_t on) {
    simt::Machine& m = simt::machine();
    ++m.graph_launches;
    m.replaying = true;
    cudaError_t status = cudaSuccess;
    for (std::size_t i = 0; i < all.size() && status == cudaSuccess; ++i) status = all[i](on);
    m.replaying = false;
    return status;
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  if (!simt::remove_handle(graph)) return record(cudaErrorInvalidValue);
  delete graph;
  return device_state();
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graphExec) {
  if (!simt::remove_handle(graphExec)) return record(cudaErrorInvalidValue);
  delete graphExec;
  return device_state();
}
