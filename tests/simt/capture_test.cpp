// SPDX-License-Identifier: Apache-2.0
#include <cublas_v2.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/support/simt/control.hpp"
#include "tests/support/simt/testing.hpp"

// The twin's stream capture against the documentation of the toolkit.

namespace {

using simt::DeviceArray;

constexpr auto thread_local_mode = cudaStreamCaptureModeThreadLocal;

__global__ void add(int* x, int term) { *x += term; }

cudaError_t add_in(cudaStream_t stream, int* x, int term) {
  cudaLaunchConfig_t config{};
  config.gridDim = config.blockDim = dim3(1);
  config.stream = stream;
  return cudaLaunchKernelEx(&config, add, x, term);
}

struct SimtCapture : testing::Test {
  SimtCapture() { cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking); }
  ~SimtCapture() override { EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess); }

  void begin(cudaStreamCaptureMode mode = thread_local_mode) {
    ASSERT_EQ(cudaStreamBeginCapture(stream, mode), cudaSuccess);
  }
  cudaGraphExec_t end() {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t exec = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
    EXPECT_EQ(cudaGraphInstantiateWithFlags(&exec, graph, 0), cudaSuccess);
    EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
    return exec;
  }
  /// Ends a capture that a call in it has spoilt.
  void end_invalidated() {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamIsCapturing(stream, &status), cudaSuccess);
    EXPECT_EQ(status, cudaStreamCaptureStatusInvalidated);
    EXPECT_EQ(add_in(stream, x.data(), 1), cudaErrorStreamCaptureInvalidated);
    EXPECT_EQ(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
    EXPECT_EQ(graph, nullptr);
    EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess) << "out of capture";
  }

  simt::Scope scope;
  cudaStream_t stream = nullptr;
  DeviceArray<int> x{std::vector<int>{0, 0}};
};

TEST_F(SimtCapture, WritesDownAndReplaysInOrder) {
  begin();
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  EXPECT_EQ(cudaStreamIsCapturing(stream, &status), cudaSuccess);
  EXPECT_EQ(status, cudaStreamCaptureStatusActive);
  EXPECT_EQ(cudaMemsetAsync(x.data(), 0, 4, stream), cudaSuccess);
  for (int term = 1; term < 3; ++term) EXPECT_EQ(add_in(stream, x.data(), term), cudaSuccess);  // arguments are copied
  EXPECT_EQ(cudaMemcpyAsync(x.data() + 1, x.data(), 4, cudaMemcpyDeviceToDevice, stream), cudaSuccess);
  EXPECT_EQ(add_in(stream, x.data(), 10), cudaSuccess);
  const cudaGraphExec_t exec = end();
  EXPECT_EQ(x.download(), (std::vector<int>{0, 0})) << "nothing is done while it is written down";
  EXPECT_EQ(simt::num_launches(), 0);
  EXPECT_EQ(simt::num_captures(), 1);

  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(cudaGraphLaunch(exec, stream), cudaSuccess);
    EXPECT_EQ(x.download(), (std::vector<int>{13, 3}));
  }
  EXPECT_EQ(simt::num_graph_launches(), 2);
  EXPECT_EQ(simt::num_launches(), 0) << "those of a graph do not count";
  EXPECT_EQ(cudaGraphExecDestroy(exec), cudaSuccess);
  EXPECT_EQ(cudaGraphLaunch(exec, stream), cudaErrorInvalidValue);
}

TEST_F(SimtCapture, AGraphCanBePartOfAnother) {
  begin();
  add_in(stream, x.data(), 1);
  const cudaGraphExec_t inner = end();
  begin();
  cudaGraphLaunch(inner, stream);
  cudaGraphLaunch(inner, stream);
  const cudaGraphExec_t outer = end();

  EXPECT_EQ(cudaGraphLaunch(outer, stream), cudaSuccess);

  EXPECT_EQ(x.download()[0], 2);
  EXPECT_EQ(cudaGraphExecDestroy(inner), cudaSuccess);
  EXPECT_EQ(cudaGraphExecDestroy(outer), cudaSuccess);
}

TEST_F(SimtCapture, BeginsAndEndsOnlyWhereItMay) {
  cudaGraph_t graph = nullptr;

  EXPECT_EQ(cudaStreamBeginCapture(nullptr, thread_local_mode), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamBeginCapture(stream, static_cast<cudaStreamCaptureMode>(3)), cudaErrorInvalidValue);
  EXPECT_EQ(cudaStreamEndCapture(stream, &graph), cudaErrorIllegalState);
  begin();
  EXPECT_EQ(cudaStreamBeginCapture(stream, thread_local_mode), cudaErrorIllegalState);
  EXPECT_EQ(cudaStreamEndCapture(stream, nullptr), cudaErrorInvalidValue);
  cudaError_t other_thread = cudaSuccess;
  std::thread([&] { other_thread = cudaStreamEndCapture(stream, &graph); }).join();
  EXPECT_EQ(other_thread, cudaErrorStreamCaptureWrongThread);
  end_invalidated();
}

TEST_F(SimtCapture, WaitingSpoilsIt) {
  begin();
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorStreamCaptureUnsupported);
  end_invalidated();
  begin();
  EXPECT_EQ(cudaStreamQuery(stream), cudaErrorStreamCaptureUnsupported);
  end_invalidated();
  begin();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorStreamCaptureUnsupported);
  end_invalidated();
  begin();
  int host = 0;
  EXPECT_EQ(cudaMemcpy(&host, x.data(), 4, cudaMemcpyDeviceToHost), cudaErrorStreamCaptureUnsupported);
  end_invalidated();
}

TEST_F(SimtCapture, SoDoCallsThatNoStreamSees) {
  void* p = nullptr;
  begin();
  EXPECT_EQ(cudaMalloc(&p, 8), cudaErrorStreamCaptureUnsupported);
  end_invalidated();
  ASSERT_EQ(cudaMalloc(&p, 8), cudaSuccess);
  begin();
  EXPECT_EQ(cudaFree(p), cudaErrorStreamCaptureUnsupported);
  end_invalidated();
  EXPECT_EQ(cudaFree(p), cudaSuccess) << "was not freed before";
  begin();
  EXPECT_EQ(cudaMallocHost(&p, 8), cudaErrorStreamCaptureUnsupported);
  end_invalidated();
}

TEST_F(SimtCapture, TheModeSaysWhomItBinds) {
  void* p = nullptr;
  const auto malloc_and_free = [&] {
    const cudaError_t status = cudaMalloc(&p, 8);
    if (status == cudaSuccess) cudaFree(p);
    return status;
  };
  cudaError_t elsewhere = cudaErrorUnknown;
  const auto on_another_thread = [&] { elsewhere = malloc_and_free(); };

  begin(cudaStreamCaptureModeThreadLocal);
  std::thread(on_another_thread).join();
  EXPECT_EQ(elsewhere, cudaSuccess);
  EXPECT_EQ(cudaGraphExecDestroy(end()), cudaSuccess);

  begin(cudaStreamCaptureModeRelaxed);
  EXPECT_EQ(malloc_and_free(), cudaSuccess);
  EXPECT_EQ(cudaGraphExecDestroy(end()), cudaSuccess);

  begin(cudaStreamCaptureModeGlobal);
  std::thread(on_another_thread).join();
  EXPECT_EQ(elsewhere, cudaErrorStreamCaptureUnsupported);
  end_invalidated();
}

TEST_F(SimtCapture, ABlockingStreamShutsTheLegacyStream) {
  cudaStream_t blocking = nullptr;
  cudaGraph_t graph = nullptr;
  ASSERT_EQ(cudaStreamCreate(&blocking), cudaSuccess);
  ASSERT_EQ(cudaStreamBeginCapture(blocking, thread_local_mode), cudaSuccess);

  EXPECT_EQ(add_in(nullptr, x.data(), 1), cudaErrorStreamCaptureImplicit);

  EXPECT_EQ(cudaStreamEndCapture(blocking, &graph), cudaErrorStreamCaptureInvalidated);
  EXPECT_EQ(cudaStreamDestroy(blocking), cudaSuccess);
  begin();
  EXPECT_EQ(add_in(nullptr, x.data(), 1), cudaSuccess) << "a stream that does not block leaves it open";
  EXPECT_EQ(cudaGraphExecDestroy(end()), cudaSuccess);
}

TEST_F(SimtCapture, AnEventInsideIsNoMoment) {
  cudaEvent_t before = nullptr, inside = nullptr;
  ASSERT_EQ(cudaEventCreate(&before), cudaSuccess);
  ASSERT_EQ(cudaEventCreate(&inside), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(before, stream), cudaSuccess);
  begin();

  EXPECT_EQ(cudaEventRecord(inside, stream), cudaSuccess);
  EXPECT_EQ(cudaStreamWaitEvent(stream, inside), cudaSuccess);
  EXPECT_EQ(cudaEventSynchronize(inside), cudaErrorCapturedEvent);
  EXPECT_EQ(cudaStreamWaitEvent(stream, before), cudaErrorStreamCaptureIsolation);

  end_invalidated();
  begin();
  EXPECT_EQ(cudaEventQuery(before), cudaErrorStreamCaptureUnsupported);
  end_invalidated();
  EXPECT_EQ(cudaEventDestroy(before), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(inside), cudaSuccess);
}

TEST_F(SimtCapture, MemoryOfAGraphMustOutliveIt) {
  void* p = nullptr;
  ASSERT_EQ(cudaMalloc(&p, 4), cudaSuccess);
  begin();
  EXPECT_EQ(cudaMemsetAsync(p, 0, 4, stream), cudaSuccess);
  const cudaGraphExec_t exec = end();
  ASSERT_EQ(cudaFree(p), cudaSuccess);

  EXPECT_EQ(cudaGraphLaunch(exec, stream), cudaErrorIllegalAddress);

  EXPECT_NE(simt::fault_message(), "");
  simt::reset();
  EXPECT_EQ(cudaGraphExecDestroy(exec), cudaSuccess);
}

TEST_F(SimtCapture, LibrariesAreRefused) {
  cublasHandle_t blas = nullptr;
  ASSERT_EQ(cublasCreate(&blas), CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(cublasSetStream(blas, stream), CUBLAS_STATUS_SUCCESS);
  DeviceArray<float> y(std::vector<float>{1});
  const float two = 2;
  begin();

  EXPECT_EQ(cublasSscal(blas, 1, &two, y.data(), 1), CUBLAS_STATUS_NOT_SUPPORTED);

  end_invalidated();
  EXPECT_EQ(cublasDestroy(blas), CUBLAS_STATUS_SUCCESS);
}

TEST_F(SimtCapture, GraphsAreHandles) {
  const std::size_t live = simt::live_handles();
  begin();
  const cudaGraphExec_t exec = end();
  EXPECT_EQ(simt::live_handles(), live + 1);

  EXPECT_EQ(cudaGraphExecDestroy(exec), cudaSuccess);

  EXPECT_EQ(cudaGraphExecDestroy(exec), cudaErrorInvalidValue);
  EXPECT_EQ(simt::live_handles(), live);
}

}  // namespace
