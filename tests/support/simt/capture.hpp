// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "streams.hpp"

/// Stream capture: what is pushed into a stream is written down instead of done.  Statuses are those of the toolkit's
/// documentation (cudaStreamBeginCapture, cudaThreadExchangeStreamCaptureMode, the programming guide's prohibited calls).
namespace simt {

/// One thing that a stream does: given the stream.  Holds copies of its arguments.
using Work = std::function<cudaError_t(cudaStream_t)>;

struct Capture {
  std::int64_t number;  ///< from 1
  cudaStreamCaptureMode mode;
  std::thread::id thread;  ///< that began it
  std::vector<Work> work;
  bool invalidated = false;  ///< by a call that it does not allow; ended all the same by cudaStreamEndCapture
};

/// Does `work`; a stream that is capturing writes it down.
cudaError_t enqueue(cudaStream_t stream, Work work);

/// The next three say why a call is not allowed now, and invalidate the capture that it disturbs.
/// For calls that ask a stream whether or when it is done.
cudaError_t check_wait(cudaStream_t stream);
/// For calls that do so for a whole device.
cudaError_t check_device_wait();
/// For calls that no stream sees, such as cudaMalloc: they have no place in a graph.
cudaError_t check_unsafe();

/// What a stream is writing down; null: nothing.
Capture* capture_of(cudaStream_t stream);
cudaError_t invalidate(Capture& capture, cudaError_t status);

}  // namespace simt

struct CUstream_st {
  unsigned flags;
  std::unique_ptr<simt::Capture> capture = nullptr;
};

struct CUgraph_st {
  std::vector<simt::Work> work;
};

struct CUgraphExec_st {
  std::vector<simt::Work> work;
};
