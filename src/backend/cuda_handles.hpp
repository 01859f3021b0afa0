// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <type_traits>

#include "backend/cuda_check.hpp"

namespace rankfill {

struct DestroyEvent {
  void operator()(cudaEvent_t event) const noexcept { ignore(cudaEventDestroy(event)); }
};
/// An event that orders and takes no time.
using CudaEvent = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, DestroyEvent>;
inline CudaEvent make_event() {
  cudaEvent_t event = nullptr;
  check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreateWithFlags");
  return CudaEvent(event);
}

struct DestroyStream {
  void operator()(cudaStream_t stream) const noexcept { ignore(cudaStreamDestroy(stream)); }
};
/// A stream that the null stream does not wait for.
using CudaStream = std::unique_ptr<std::remove_pointer_t<cudaStream_t>, DestroyStream>;
inline CudaStream make_stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  return CudaStream(stream);
}

}  // namespace rankfill
