// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "tests/support/simt/control.hpp"
#include "tests/support/simt/testing.hpp"

namespace {

using simt::DeviceArray;
using simt::run;

struct SimtRuntime : testing::Test {
  simt::Scope scope;
};

__global__ void nothing() {}

TEST_F(SimtRuntime, NoDeviceMeansNoDeviceEverywhere) {
  simt::set_device_count(0);
  int count = -1;
  void* p = nullptr;
  cudaStream_t stream = nullptr;
  cudaDeviceProp prop;

  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorNoDevice);
  EXPECT_EQ(count, 0);
  EXPECT_EQ(cudaGetLastError(), cudaErrorNoDevice);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(cudaSetDevice(0), cudaErrorNoDevice);
  EXPECT_EQ(cudaMalloc(&p, 16), cudaErrorNoDevice);
  EXPECT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaErrorNoDevice);
  EXPECT_EQ(cudaGetDeviceProperties(&prop, 0), cudaErrorNoDevice);
  EXPECT_EQ(run(1, 1, 0, nothing), cudaErrorNoDevice);
}

TEST_F(SimtRuntime, SeveralDevicesHaveMemoryOfTheirOwn) {
  simt::set_device_count(2);
  simt::set_memory_limit(1000);
  void* p = nullptr;
  size_t free_bytes = 0;
  size_t total = 0;
  ASSERT_EQ(cudaMalloc(&p, 600), cudaSuccess);

  EXPECT_EQ(cudaSetDevice(2), cudaErrorInvalidDevice);
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaMemGetInfo(&free_bytes, &total), cudaSuccess);
  EXPECT_EQ(free_bytes, 1000U);
  ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
  EXPECT_EQ(cudaMemGetInfo(&free_bytes, &total), cudaSuccess);
  EXPECT_EQ(free_bytes, 400U);
  EXPECT_EQ(total, 1000U);
  EXPECT_EQ(cudaFree(p), cudaSuccess);
}

TEST_F(SimtRuntime, OutOfMemoryIsAnErrorThatOneReadClears) {
  simt::set_memory_limit(1 << 20);
  void* p = nullptr;
  void* q = nullptr;
  ASSERT_EQ(cudaMallocAsync(&p, 1 << 19, nullptr), cudaSuccess);

  EXPECT_EQ(cudaMalloc(&q, (1 << 19) + 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaPeekAtLastError(), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(run(1, 1, 0, nothing), cudaSuccess);
  EXPECT_EQ(cudaFreeAsync(p, nullptr), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&q, 1 << 20), cudaSuccess);
  EXPECT_EQ(cudaFree(q), cudaSuccess);
}

TEST_F(SimtRuntime, AllocationFailureCanBeInjected) {
  const std::size_t live = simt::live_allocations();
  simt::fail_allocation_after(1);
  void* p = nullptr;
  void* q = nullptr;

  EXPECT_EQ(cudaMalloc(&p, 8), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&q, 8), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMalloc(&q, 8), cudaSuccess);
  EXPECT_EQ(simt::live_allocations(), live + 2);
  EXPECT_EQ(cudaFree(p), cudaSuccess);
  EXPECT_EQ(cudaFree(q), cudaSuccess);
  EXPECT_EQ(simt::live_allocations(), live);
}

TEST_F(SimtRuntime, FreeRefusesWhatItDidNotGive) {
  int on_host = 0;
  void* p = nullptr;
  ASSERT_EQ(cudaMalloc(&p, 8), cudaSuccess);

  EXPECT_EQ(cudaFree(nullptr), cudaSuccess);
  EXPECT_EQ(cudaFree(&on_host), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFreeHost(p), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(p), cudaSuccess);
  EXPECT_EQ(cudaFree(p), cudaErrorInvalidValue);
}

TEST_F(SimtRuntime, CopiesStayInsideDeviceMemory) {
  const DeviceArray<int> array(std::vector<int>{1, 2, 3, 4});
  int host[5] = {};

  EXPECT_EQ(cudaMemcpy(host, array.data() + 1, 12, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(host[2], 4);
  EXPECT_EQ(cudaMemcpy(host, array.data() + 1, 16, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(host, host, 4, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(array.data(), 0, 17), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemsetAsync(array.data(), 0, 8), cudaSuccess);
  EXPECT_EQ(array.download(), (std::vector<int>{0, 0, 3, 4}));
}

#if defined(__SANITIZE_ADDRESS__)
__global__ void write_at(char* p, int i) { p[i] = 0; }

TEST_F(SimtRuntime, AddressSanitizerSeesOverrunsAndHostReadsOfDeviceMemory) {
  const DeviceArray<char> array(13);

  EXPECT_DEATH(run(1, 1, 0, write_at, array.data(), 13), "heap-buffer-overflow");
  EXPECT_DEATH(static_cast<void>(*static_cast<volatile char*>(array.data())), "use-after-poison");
}
#endif

TEST_F(SimtRuntime, RefusesTheShapesThatADeviceRefuses) {
  EXPECT_EQ(run(0, 32, 0, nothing), cudaErrorInvalidConfiguration);
  EXPECT_EQ(run(1, 0, 0, nothing), cudaErrorInvalidConfiguration);
  EXPECT_EQ(run(1, 1025, 0, nothing), cudaErrorInvalidConfiguration);
  EXPECT_EQ(run(1, dim3(32, 33), 0, nothing), cudaErrorInvalidConfiguration);
  EXPECT_EQ(run(1, dim3(1, 1, 65), 0, nothing), cudaErrorInvalidConfiguration);
  EXPECT_EQ(run(dim3(1, 65536), 1, 0, nothing), cudaErrorInvalidConfiguration);
  EXPECT_EQ(run(2147483648U, 1, 0, nothing), cudaErrorInvalidConfiguration);
  EXPECT_EQ(simt::num_launches(), 0);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidConfiguration);
  EXPECT_EQ(run(1, 1024, 0, nothing), cudaSuccess);
  EXPECT_EQ(simt::num_launches(), 1);
}

__global__ void uses_much_shared_memory() {}

TEST_F(SimtRuntime, LargeSharedMemoryNeedsTheOptIn) {
  constexpr auto attribute = cudaFuncAttributeMaxDynamicSharedMemorySize;

  EXPECT_EQ(run(1, 1, 48 * 1024, uses_much_shared_memory), cudaSuccess);
  EXPECT_EQ(run(1, 1, 48 * 1024 + 1, uses_much_shared_memory), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFuncSetAttribute(uses_much_shared_memory, attribute, 227 * 1024 + 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFuncSetAttribute(uses_much_shared_memory, attribute, 227 * 1024), cudaSuccess);
  EXPECT_EQ(run(1, 1, 227 * 1024, uses_much_shared_memory), cudaSuccess);
  EXPECT_EQ(run(1, 1, 227 * 1024 + 1, uses_much_shared_memory), cudaErrorInvalidValue);
}

TEST_F(SimtRuntime, StreamsAndEventsAreCheckedAndCounted) {
  const std::size_t live = simt::live_handles();
  cudaStream_t stream = nullptr;
  cudaEvent_t start = nullptr;
  cudaEvent_t stop = nullptr;
  float ms = -1;
  ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(cudaEventCreate(&start), cudaSuccess);
  ASSERT_EQ(cudaEventCreate(&stop), cudaSuccess);
  EXPECT_EQ(simt::live_handles(), live + 3);

  EXPECT_EQ(cudaEventRecord(start, stream), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&ms, start, stop), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventRecord(stop, stream), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&ms, start, stop), cudaSuccess);
  EXPECT_GE(ms, 0);
  EXPECT_EQ(cudaEventDestroy(start), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(stop), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(simt::live_handles(), live);
}

TEST_F(SimtRuntime, PinnedCopiesAreLate) {
  const DeviceArray<int> array(std::vector<int>{1, 2});
  int* pinned = nullptr;
  cudaStream_t stream = nullptr;
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaMallocHost(&pinned, 16), cudaSuccess);
  ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(cudaEventCreate(&event), cudaSuccess);
  const auto download = [&](int* to) { return cudaMemcpyAsync(to, array.data(), 8, cudaMemcpyDeviceToHost, stream); };

  pinned[0] = 0;
  ASSERT_EQ(download(pinned), cudaSuccess);
  EXPECT_EQ(pinned[0], 0) << "read before the wait";
  ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
  ASSERT_EQ(download(pinned + 2), cudaSuccess);
  pinned[2] = 0;
  ASSERT_EQ(cudaEventSynchronize(event), cudaSuccess);
  EXPECT_EQ(pinned[0], 1);
  EXPECT_EQ(pinned[2], 0) << "enqueued after the event";

  ASSERT_EQ(cudaMemcpyAsync(array.data(), pinned, 4, cudaMemcpyHostToDevice, stream), cudaSuccess);
  pinned[0] = 9;  // too early
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(array.download(), (std::vector<int>{9, 2}));

  ASSERT_EQ(cudaMemcpyAsync(array.data(), pinned + 3, 4, cudaMemcpyHostToDevice, stream), cudaSuccess);
  ASSERT_EQ(cudaMemsetAsync(array.data(), 0, 8, stream), cudaSuccess);
  EXPECT_EQ(array.download(), (std::vector<int>{0, 0})) << "the stream keeps its order";
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

TEST_F(SimtRuntime, NamesItsErrors) {
  EXPECT_STREQ(cudaGetErrorName(cudaErrorMemoryAllocation), "cudaErrorMemoryAllocation");
  EXPECT_STREQ(cudaGetErrorString(cudaErrorMemoryAllocation), "out of memory");
  EXPECT_STREQ(cudaGetErrorName(static_cast<cudaError_t>(998)), "unrecognized error code");
}

}  // namespace
