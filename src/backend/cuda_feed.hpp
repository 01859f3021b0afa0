// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "backend/cuda.hpp"
#include "backend/cuda_handles.hpp"
#include "backend/cuda_staging.hpp"

namespace rankfill {

/// Brings host arrays to the device piece by piece, on a stream of its own: while kernels on the backend's stream work on one
/// piece, the next is under way.  Two slots of device memory, filled in turn.
///     host      fill pinned | fill pinned | ...
///     copies    piece 0 -> slot 0 | piece 1 -> slot 1 | (kernel 0 done) piece 2 -> slot 0 | ...
///     kernels                       kernel 0            kernel 1 ...
class CudaFeed {
 public:
  CudaFeed(CudaBackend& backend, std::size_t slot_bytes, const char* purpose);
  ~CudaFeed();
  CudaFeed(const CudaFeed&) = delete;
  CudaFeed& operator=(const CudaFeed&) = delete;

  /// Calls work(address) to enqueue, on the backend's stream, what reads the piece; fill(address) to copy it there with copy().
  template <class Fill, class Work>
  void pass(const Fill& fill, const Work& work) {
    Slot& slot = slots_[next_];
    next_ = (next_ + 1) % slots_.size();
    check(cudaStreamWaitEvent(stream_.get(), slot.read.get(), 0), "cudaStreamWaitEvent");
    fill(slot.memory.data());
    check(cudaEventRecord(slot.filled.get(), stream_.get()), "cudaEventRecord");
    check(cudaStreamWaitEvent(backend_.stream(), slot.filled.get(), 0), "cudaStreamWaitEvent");
    work(slot.memory.data());
    check(cudaEventRecord(slot.read.get(), backend_.stream()), "cudaEventRecord");
  }

  /// For `fill`.  Returns when `from` is free again.
  void copy(std::byte* to, const void* from, std::size_t bytes) { staging_.upload(stream_.get(), to, from, bytes); }

 private:
  struct Slot {
    Buffer<std::byte, CudaBackend> memory;
    CudaEvent filled, read;
  };
  CudaBackend& backend_;
  CudaStream stream_;
  CudaStaging staging_;
  std::array<Slot, 2> slots_;
  std::size_t next_ = 0;
};

}  // namespace rankfill
