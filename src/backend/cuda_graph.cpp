// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda_graph.hpp"

#include <algorithm>

#include "backend/cuda_check.hpp"

namespace rankfill {

void DestroyGraph::operator()(cudaGraph_t graph) const noexcept { ignore(cudaGraphDestroy(graph)); }
void DestroyGraph::operator()(cudaGraphExec_t exec) const noexcept { ignore(cudaGraphExecDestroy(exec)); }

CudaCapture::CudaCapture(cudaStream_t stream) : stream_(stream) {
  // Thread local: other threads of the process may allocate and wait meanwhile.
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
}

CudaCapture::~CudaCapture() {
  if (ended_) return;
  cudaGraph_t graph = nullptr;
  ignore(cudaStreamEndCapture(stream_, &graph));
  const CudaGraph unused(graph);
  ignore(cudaGetLastError());  // an invalidated capture is no error of the calls that follow
}

CudaGraph CudaCapture::end() {
  ended_ = true;
  cudaGraph_t graph = nullptr;
  const cudaError_t status = cudaStreamEndCapture(stream_, &graph);
  CudaGraph owned(graph);
  check(status, "cudaStreamEndCapture");
  return owned;
}

void CudaRecording::belongs_to(std::initializer_list<const void*> operands) {
  if (std::equal(operands.begin(), operands.end(), operands_.begin(), operands_.end())) return;
  *this = {};
  operands_ = operands;
}

void CudaRecording::keep(const CudaGraph& graph, std::uint64_t workspace) {
  exec_.reset();
  cudaGraphExec_t exec = nullptr;
  check(cudaGraphInstantiateWithFlags(&exec, graph.get(), 0), "cudaGraphInstantiateWithFlags");
  exec_.reset(exec);
  workspace_ = workspace;
}

void CudaRecording::replay(cudaStream_t stream) { check(cudaGraphLaunch(exec_.get(), stream), "cudaGraphLaunch"); }

}  // namespace rankfill
