// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace rankfill {

/// Destroys, and swallows the status.
struct DestroyGraph {
  void operator()(cudaGraph_t graph) const noexcept;
  void operator()(cudaGraphExec_t exec) const noexcept;
};
using CudaGraph = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, DestroyGraph>;
using CudaGraphExec = std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, DestroyGraph>;

/// While it lives, what is enqueued on the stream is written down instead of done.
class CudaCapture {
 public:
  explicit CudaCapture(cudaStream_t stream);  ///< *Throws* DeviceError.
  ~CudaCapture();
  CudaCapture(const CudaCapture&) = delete;
  CudaCapture& operator=(const CudaCapture&) = delete;

  /// *Throws* DeviceError when something was done that cannot be written down.
  CudaGraph end();

 private:
  cudaStream_t stream_;
  bool ended_ = false;
};

/// What CudaBackend::repeat knows of one stretch of work.
class CudaRecording {
 public:
  /// Why the work is enqueued call by call for good; empty: it is not.
  const std::string& refusal() const { return refusal_; }

 private:
  friend class CudaBackend;

  /// Forgets everything if the work is no longer the same.
  void belongs_to(std::initializer_list<const void*> operands);
  bool can_record() const { return ran_ && refusal_.empty(); }
  bool can_replay(std::uint64_t workspace) const { return exec_ && workspace_ == workspace; }
  void keep(const CudaGraph& graph, std::uint64_t workspace);
  void replay(cudaStream_t stream);

  bool ran_ = false;             ///< once call by call: the workspace has grown to its size, libraries are loaded
  std::uint64_t workspace_ = 0;  ///< generation of the workspace whose address the graph holds
  std::vector<const void*> operands_;
  CudaGraphExec exec_;
  std::string refusal_;
};

}  // namespace rankfill
