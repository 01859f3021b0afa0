// SPDX-License-Identifier: Apache-2.0
#include "kernels/detail/launch.cuh"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/detail/ptx.cuh"
#include "rankfill/error.hpp"
#include "tests/support/simt/control.hpp"
#include "tests/support/simt/testing.hpp"

namespace {

using rankfill::blocks_for;
using rankfill::CudaBackend;
using rankfill::launch;

__global__ void add_index(float* x, std::int64_t count, float scale) {
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += stride) {
    x[i] += scale * static_cast<float>(i);
  }
}

__global__ void double_vectors(const double* in, double* out) {
  double x[2];
  rankfill::load_vector16(in + 2 * threadIdx.x, x);
  rankfill::add_vector(out + 2 * threadIdx.x, x);
  rankfill::add_vector(out + 2 * threadIdx.x, x);
}

__global__ void touch_all_shared_memory(float* out, int count) {
  float* scratch = rankfill::shared_memory<float>();
  for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) scratch[i] = 1;
  __syncthreads();
  if (threadIdx.x == 0) *out = scratch[count - 1];
}

TEST(BlocksFor, RoundsUpAndStaysWithinAGrid) {
  EXPECT_EQ(blocks_for(0, 128), 1U);
  EXPECT_EQ(blocks_for(128, 128), 1U);
  EXPECT_EQ(blocks_for(129, 128), 2U);
  EXPECT_EQ(blocks_for(std::int64_t{1} << 40, 1), 2147483647U);
  EXPECT_EQ(blocks_for(std::numeric_limits<std::int64_t>::max(), 2), 2147483647U);
}

TEST(Launch, ConvertsArgumentsAndStridesOverTheGrid) {
  const simt::Scope scope;
  CudaBackend backend(0);
  const simt::DeviceArray<float> x(std::vector<float>(100, 1.0F));

  launch(backend, {3, 8}, add_index, x.data(), 100, 2);

  const auto values = x.download();
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(values[i], 1.0F + 2.0F * static_cast<float>(i));
}

TEST(Launch, VectorAccess) {
  const simt::Scope scope;
  CudaBackend backend(0);
  const simt::DeviceArray<double> in(std::vector<double>{1, 2, 3, 4});
  const simt::DeviceArray<double> out(std::vector<double>{0, 0, 0, 0});

  launch(backend, {1, 2}, double_vectors, in.data(), out.data());

  EXPECT_EQ(out.download(), (std::vector<double>{2, 4, 6, 8}));
}

TEST(Launch, OptsInToLargeSharedMemory) {
  const simt::Scope scope;
  CudaBackend backend(0);
  const simt::DeviceArray<float> out(1);
  constexpr int count = 25000;

  launch(backend, {1, 64, count * sizeof(float)}, touch_all_shared_memory, out.data(), count);

  EXPECT_EQ(out.download()[0], 1.0F);
}

TEST(Launch, ThrowsWhenTheDeviceRefuses) {
  const simt::Scope scope;
  CudaBackend backend(0);
  const simt::DeviceArray<float> out(1);

  EXPECT_THROW(launch(backend, {1, 2048}, add_index, out.data(), 1, 1), rankfill::DeviceError);
  EXPECT_THROW(launch(backend, {1, 64, 228 * 1024}, touch_all_shared_memory, out.data(), 1), rankfill::DeviceError);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

}  // namespace
