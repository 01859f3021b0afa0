// SPDX-License-Identifier: Apache-2.0
#include "kernels/detail/ptx.cuh"

#include <cuda_fp16.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/simt/control.hpp"
#include "tests/support/simt/testing.hpp"

// The software twins of the asynchronous copies and of the matrix instructions.

namespace {

using rankfill::shared_memory;
using simt::DeviceArray;
using simt::run;

struct Ptx : testing::Test {
  simt::Scope scope;
};

__global__ void load_matrices(const std::uint16_t* in, std::uint32_t* plain, std::uint32_t* transposed) {
  auto* tile = shared_memory<std::uint16_t>();  // 32 rows of 8: four matrices
  for (int i = 0; i < 8; ++i) tile[8 * threadIdx.x + i] = in[8 * threadIdx.x + i];
  __syncwarp();
  const auto row = rankfill::shared_address(tile + 8 * threadIdx.x);
  std::uint32_t x[4];
  rankfill::ldmatrix_x4(row, x);
  for (int q = 0; q < 4; ++q) plain[4 * threadIdx.x + q] = x[q];
  rankfill::ldmatrix_x4_transposed(row, x);
  for (int q = 0; q < 4; ++q) transposed[4 * threadIdx.x + q] = x[q];
}

TEST_F(Ptx, LdmatrixGivesEachLaneItsTwoElementsOfEachMatrix) {
  std::vector<std::uint16_t> in(256);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::uint16_t>(i);  // 64 q + 8 row + column
  const DeviceArray<std::uint16_t> device_in(in);
  DeviceArray<std::uint32_t> plain(128), transposed(128);

  ASSERT_EQ(run(1, 32, 512, load_matrices, device_in.data(), plain.data(), transposed.data()), cudaSuccess);

  const auto p = plain.download(), t = transposed.download();
  for (std::uint32_t lane = 0; lane < 32; ++lane)
    for (std::uint32_t q = 0; q < 4; ++q) {
      const std::uint32_t row = lane / 4, column = lane % 4 * 2;
      const std::uint32_t first = 64 * q + 8 * row + column, first_transposed = 64 * q + 8 * column + row;
      EXPECT_EQ(p[4 * lane + q], first | (first + 1) << 16);
      EXPECT_EQ(t[4 * lane + q], first_transposed | (first_transposed + 8) << 16);
    }
}

__global__ void multiply(const __half* a, const __half* b, float* c) {
  const unsigned g = threadIdx.x / 4, t = threadIdx.x % 4;
  const auto pair = [](__half low, __half high) {
    return static_cast<std::uint32_t>(__half_as_ushort(low) | __half_as_ushort(high) << 16);
  };
  const auto from_a = [&](unsigned row, unsigned k) { return pair(a[16 * row + k], a[16 * row + k + 1]); };
  const auto from_b = [&](unsigned k, unsigned col) { return pair(b[8 * k + col], b[8 * (k + 1) + col]); };
  float x[4] = {1, 1, 1, 1};
  rankfill::mma_16x8x16(x, from_a(g, 2 * t), from_a(g + 8, 2 * t), from_a(g, 2 * t + 8), from_a(g + 8, 2 * t + 8),
                        from_b(2 * t, g), from_b(2 * t + 8, g));
  for (unsigned i = 0; i < 4; ++i) c[8 * (g + 8 * (i / 2)) + 2 * t + i % 2] = x[i];
}

TEST_F(Ptx, MmaAddsTheProductOfTwoMatrices) {
  std::vector<__half> a(256), b(128);
  std::vector<float> x(256), y(128);
  for (std::size_t i = 0; i < 256; ++i) a[i] = __float2half_rn(x[i] = static_cast<float>(i % 13) - 6);
  for (std::size_t i = 0; i < 128; ++i) b[i] = __float2half_rn(y[i] = static_cast<float>(i % 7) / 4 - 1);
  const DeviceArray<__half> device_a(a), device_b(b);
  DeviceArray<float> c(128);

  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    simt::set_seed(seed);
    ASSERT_EQ(run(1, 32, 0, multiply, device_a.data(), device_b.data(), c.data()), cudaSuccess);

    const auto got = c.download();
    for (std::size_t row = 0; row < 16; ++row)
      for (std::size_t col = 0; col < 8; ++col) {
        float want = 1;  // all numbers are small multiples of 1/4: exact
        for (std::size_t k = 0; k < 16; ++k) want += x[16 * row + k] * y[8 * k + col];
        EXPECT_EQ(got[8 * row + col], want);
      }
  }
}

__global__ void multiply_in_a_branch() {
  float c[4] = {};
  if (threadIdx.x < 16) rankfill::mma_16x8x16(c, 0, 0, 0, 0, 0, 0);
  __syncwarp();
}

TEST_F(Ptx, MmaInABranchIsReported) {
  EXPECT_EQ(run(1, 32, 0, multiply_in_a_branch), cudaErrorLaunchFailure);

  EXPECT_NE(simt::fault_message().find("lanes 0x0000ffff wait at mma_16x8x16"), std::string::npos)
      << simt::fault_message();
}

/// Three groups; out: the shared memory after waiting for all but `pending`.
template <int pending>
__global__ void copy_groups(const float* in, float* out) {
  float* tile = shared_memory<float>();
  for (int group = 0; group < 3; ++group) {
    rankfill::cp_async16(rankfill::shared_address(tile + 4 * group), group == 1 ? nullptr : in + 4 * group, group != 1);
    rankfill::cp_async_commit();
  }
  rankfill::cp_async_wait<pending>();
  for (int i = 0; i < 12; ++i) out[i] = tile[i];
}

TEST_F(Ptx, AsynchronousCopiesArriveWhenWaitedFor) {
  const DeviceArray<float> in(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  DeviceArray<float> out(12);

  ASSERT_EQ(run(1, 1, 48, copy_groups<0>, in.data(), out.data()), cudaSuccess);
  EXPECT_EQ(out.download(), (std::vector<float>{1, 2, 3, 4, 0, 0, 0, 0, 9, 10, 11, 12}));

  ASSERT_EQ(run(1, 1, 48, copy_groups<2>, in.data(), out.data()), cudaSuccess);
  const auto early = out.download();
  EXPECT_EQ(early[3], 4);
  for (std::size_t i = 4; i < 12; ++i) EXPECT_TRUE(std::isnan(early[i])) << "not waited for";
}

__global__ void copy_to_odd_address(const float* in) {
  rankfill::cp_async16(rankfill::shared_address(shared_memory<float>() + 1), in, true);
}

TEST_F(Ptx, AsynchronousCopiesWantAlignment) {
  const DeviceArray<float> in(std::vector<float>{1, 2, 3, 4});

  EXPECT_EQ(run(1, 1, 48, copy_to_odd_address, in.data()), cudaErrorMisalignedAddress);
}

}  // namespace
