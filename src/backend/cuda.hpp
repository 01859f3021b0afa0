// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusparse.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "backend/backend.hpp"
#include "backend/cuda_graph.hpp"
#include "backend/cuda_staging.hpp"
#include "rankfill/error.hpp"

namespace rankfill {

/// One CUDA device, a stream of its own, and the library handles bound to it.  Host-compiled: no kernel lives here.
/// Everything is enqueued on stream(); only `download` and `wait` wait.
class CudaBackend {
 public:
  /// *Throws* BackendUnavailable (no such device, no driver), DeviceError.
  explicit CudaBackend(int device);
  ~CudaBackend();
  CudaBackend(const CudaBackend&) = delete;
  CudaBackend& operator=(const CudaBackend&) = delete;

  /// What AlsOptions::cg_steps = -1 means here.  Three warm steps go as far per sweep as exact solves.
  template <class T>
  static constexpr int automatic_cg_steps(int rank) {
    return sizeof(T) > sizeof(float) || rank <= 32 ? 0 : 3;
  }
  /// Whether kernels want row plans.
  static constexpr bool kPlansRows = true;

  cudaStream_t stream() const noexcept { return stream_; }
  cublasHandle_t blas() const noexcept { return blas_; }
  cusparseHandle_t sparse() const noexcept { return sparse_; }
  int num_multiprocessors() const noexcept { return num_multiprocessors_; }
  std::string name() const;
  std::uint64_t free_bytes() const;

  void* allocate(std::size_t bytes, const char* purpose);  ///< *Throws* OutOfDeviceMemory: asked, free, purpose.
  void release(void* p, std::size_t bytes) noexcept;
  void upload(void* to, const void* from,
              std::size_t bytes);  ///< pageable host memory: returns when `from` is free again
  /// The same through page-locked memory: faster, and the copy may still be under way when it returns.  For large arrays.
  void upload_staged(void* to, const void* from, std::size_t bytes);
  void download(void* to, const void* from, std::size_t bytes);  ///< waits
  void copy(void* to, const void* from, std::size_t bytes);
  void fill_zero(void* p, std::size_t bytes);
  void wait();
  std::uint64_t peak_bytes() const { return peak_bytes_; }

  /// Enqueues what `body` enqueues; `recording` remembers it between calls.  The first call runs `body`; the second writes
  /// it down as a CUDA graph; that call and all further ones launch the graph alone, so the host pays for one launch.
  /// `body` must enqueue the same work on stream() every time, and neither wait nor change anything on the host.
  /// `operands`: the buffers that may differ from call to call; new ones are a new work.  A workspace that has moved is
  /// noticed.  Where the work cannot be written down it is run call by call: see CudaRecording::refusal.
  template <class Body>
  void repeat(CudaRecording& recording, std::initializer_list<const void*> operands, const Body& body);
  using Recording = CudaRecording;

  /// Scratch that grows and is reused; the next call may hand out the same bytes, in stream order.  It never
  /// shrinks.  For kernels that need room for a launch (partial sums, Gram batches, cuSPARSE buffers).
  void* workspace(std::size_t bytes, const char* purpose);

 private:
  void destroy() noexcept;

  int device_;
  int num_multiprocessors_ = 0;
  std::string device_name_;
  cudaStream_t stream_ = nullptr;
  cublasHandle_t blas_ = nullptr;
  cusparseHandle_t sparse_ = nullptr;
  std::uint64_t bytes_ = 0, peak_bytes_ = 0;
  Buffer<std::byte, CudaBackend> workspace_;
  std::uint64_t workspace_generation_ = 0;  ///< goes up when the workspace moves
  std::unique_ptr<CudaStaging> staging_;    ///< made when first needed
};

template <class Body>
void CudaBackend::repeat(CudaRecording& recording, std::initializer_list<const void*> operands, const Body& body) {
  recording.belongs_to(operands);
  if (!recording.can_replay(workspace_generation_) && recording.can_record()) {
    try {
      CudaCapture capture(stream_);
      body();
      recording.keep(capture.end(), workspace_generation_);
    } catch (const DeviceError& error) {
      recording.refusal_ = error.what();
    }
  }
  if (recording.can_replay(workspace_generation_)) return recording.replay(stream_);
  body();
  recording.ran_ = true;
}

}  // namespace rankfill
