// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/detail/ptx.cuh"
#include "kernels/detail/warp.cuh"
#include "tests/support/simt/control.hpp"
#include "tests/support/simt/testing.hpp"

namespace {

using rankfill::shared_memory;
using simt::DeviceArray;
using simt::run;

constexpr unsigned all_lanes = 0xffffffffU;

struct Simt : testing::Test {
  simt::Scope scope;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// --- Shuffles and votes.

__global__ void shuffle_four_ways(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  int* mine = out + 4 * lane;
  mine[0] = __shfl_sync(all_lanes, lane, 5, 8);
  mine[1] = __shfl_up_sync(all_lanes, lane, 3, 8);
  mine[2] = __shfl_down_sync(all_lanes, lane, 3, 8);
  mine[3] = __shfl_xor_sync(all_lanes, lane, 5);
}

TEST_F(Simt, ShufflesFollowTheSegmentsOfTheWidth) {
  DeviceArray<int> out(128);

  ASSERT_EQ(run(1, 32, 0, shuffle_four_ways, out.data()), cudaSuccess);

  const auto values = out.download();
  for (int lane = 0; lane < 32; ++lane) {
    const auto* mine = &values[static_cast<std::size_t>(4 * lane)];
    EXPECT_EQ(mine[0], lane / 8 * 8 + 5);
    EXPECT_EQ(mine[1], lane % 8 >= 3 ? lane - 3 : lane);
    EXPECT_EQ(mine[2], lane % 8 <= 4 ? lane + 3 : lane);
    EXPECT_EQ(mine[3], lane ^ 5);
  }
}

__global__ void shuffle_double_in_half_warp(double* out) {
  if (threadIdx.x < 16) return;
  out[threadIdx.x] = __shfl_xor_sync(0xffff0000U, 1.0 / (1.0 + threadIdx.x), 1);
  out[threadIdx.x - 16] = __shfl_sync(0xffff0000U, 1.0, 3);
}

TEST_F(Simt, ShufflesMove64BitsAndReturnedLanesHoldNothing) {
  DeviceArray<double> out(32);

  ASSERT_EQ(run(1, 32, 0, shuffle_double_in_half_warp, out.data()), cudaSuccess);

  const auto values = out.download();
  for (unsigned lane = 16; lane < 32; ++lane) EXPECT_EQ(values[lane], 1.0 / (1.0 + (lane ^ 1U)));
  for (unsigned lane = 0; lane < 16; ++lane) EXPECT_TRUE(std::isnan(values[lane]));
}

__global__ void votes(unsigned* out) {
  const bool odd = threadIdx.x % 2 == 1;
  const unsigned ballot = __ballot_sync(all_lanes, odd);
  const int any = __any_sync(all_lanes, threadIdx.x == 7);
  const int none = __any_sync(all_lanes, 0);
  const int every = __all_sync(all_lanes, 1);
  const int not_every = __all_sync(all_lanes, threadIdx.x != 7);
  if (threadIdx.x == 0) {
    out[0] = ballot;
    out[1] = static_cast<unsigned>(any + 2 * none + 4 * every + 8 * not_every);
    out[2] = __activemask();
  }
}

TEST_F(Simt, VotesAndPartialWarps) {
  DeviceArray<unsigned> out(3);

  ASSERT_EQ(run(1, 20, 0, votes, out.data()), cudaSuccess);

  const auto values = out.download();
  EXPECT_EQ(values[0], 0x000aaaaaU);
  EXPECT_EQ(values[1], 1U + 4U);
  EXPECT_NE(values[2] & 1U, 0U);
}

__global__ void sums(const float* in, float* out) {
  float* scratch = shared_memory<float>();
  const float warp = rankfill::warp_sum(in[threadIdx.x]);
  const float block = rankfill::block_sum(in[threadIdx.x], scratch);
  out[2 * threadIdx.x] = warp;
  out[2 * threadIdx.x + 1] = block;
}

TEST_F(Simt, WarpAndBlockSumsAreTheSameBitsForEveryThreadAndSeed) {
  std::vector<float> in(160);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = std::sin(static_cast<float>(i));
  const DeviceArray<float> device_in(in);
  const double exact = std::accumulate(in.begin(), in.end(), 0.0);
  std::vector<float> first;

  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    simt::set_seed(seed);
    DeviceArray<float> out(320);
    ASSERT_EQ(run(1, 160, 5 * sizeof(float), sums, device_in.data(), out.data()), cudaSuccess);
    const auto values = out.download();
    if (seed == 0) first = values;
    EXPECT_EQ(values, first);
    for (std::size_t t = 0; t < 160; ++t) EXPECT_EQ(values[2 * t + 1], values[1]);
    EXPECT_NEAR(values[1], exact, 160 * 1e-7 * 160);
  }
}

// --- Barriers.

__global__ void reverse_in_shared_memory(const int* in, int* out) {
  int* buffer = shared_memory<int>();
  buffer[threadIdx.x] = in[blockIdx.x * blockDim.x + threadIdx.x];
  __syncthreads();
  out[blockIdx.x * blockDim.x + threadIdx.x] = buffer[blockDim.x - 1 - threadIdx.x];
}

TEST_F(Simt, BarrierOrdersSharedMemory) {
  std::vector<int> in(3 * 96);
  std::iota(in.begin(), in.end(), 0);
  const DeviceArray<int> device_in(in);
  DeviceArray<int> out(in.size());

  ASSERT_EQ(run(3, 96, 96 * sizeof(int), reverse_in_shared_memory, device_in.data(), out.data()), cudaSuccess);

  const auto values = out.download();
  for (int i = 0; i < 288; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i / 96 * 96 + 95 - i % 96);
}

__global__ void leave_early(int* out) {
  if (threadIdx.x % 3 == 1) return;
  const int here = __syncthreads_count(1);
  const int any = __syncthreads_or(threadIdx.x == 0);
  const int all = __syncthreads_and(threadIdx.x != 0);
  const unsigned mates = __ballot_sync(all_lanes, 1);
  if (threadIdx.x == 0) {
    out[0] = here;
    out[1] = any;
    out[2] = all;
    out[3] = __popc(mates);
  }
}

TEST_F(Simt, ReturnedThreadsCountAsArrived) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    simt::set_seed(seed);
    DeviceArray<int> out(4);
    ASSERT_EQ(run(1, 96, 0, leave_early, out.data()), cudaSuccess);
    EXPECT_EQ(out.download(), (std::vector<int>{64, 1, 0, 21}));
  }
}

__global__ void three_dimensional(int* out) {
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  out[block * 24 + thread] = static_cast<int>(block * 24 + thread);
}

TEST_F(Simt, VisitsEveryThreadOfEveryBlockOnce) {
  DeviceArray<int> out(24 * 30);

  ASSERT_EQ(run(dim3(2, 3, 5), dim3(2, 3, 4), 0, three_dimensional, out.data()), cudaSuccess);

  const auto values = out.download();
  for (int i = 0; i < 720; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i);
}

// --- Faults.

__global__ void shuffle_in_a_branch() {
  if (threadIdx.x < 8) __shfl_xor_sync(all_lanes, 1, 1);
  __syncthreads();
}

TEST_F(Simt, DivergentShuffleIsReportedWithBlockWarpAndLine) {
  EXPECT_EQ(run(2, 64, 0, shuffle_in_a_branch), cudaErrorLaunchFailure);

  const std::string message = simt::fault_message();
  EXPECT_TRUE(contains(message, "block (")) << message;
  EXPECT_TRUE(contains(message, "warp 0")) << message;
  EXPECT_TRUE(contains(message, "lanes 0x000000ff wait at __shfl_xor_sync with mask 0xffffffff")) << message;
  EXPECT_TRUE(contains(message, "lanes 0xffffff00 wait at __syncthreads")) << message;
  EXPECT_TRUE(contains(message, "emulator_test.cpp:")) << message;
}

__global__ void barrier_in_a_branch() {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

TEST_F(Simt, BarrierInABranchIsAFault) {
  EXPECT_EQ(run(1, 64, 0, barrier_in_a_branch), cudaErrorLaunchFailure);
  EXPECT_TRUE(contains(simt::fault_message(), "divergent __syncthreads")) << simt::fault_message();
}

__global__ void mask_without_self() { __syncwarp(1U << ((threadIdx.x + 1) % 32)); }

TEST_F(Simt, MaskMustNameTheCaller) {
  EXPECT_EQ(run(1, 32, 0, mask_without_self), cudaErrorLaunchFailure);
  EXPECT_TRUE(contains(simt::fault_message(), "does not name the lane")) << simt::fault_message();
}

__global__ void load_misaligned(const float* in) {
  float x[4];
  rankfill::load_vector16(in + 1, x);
}

TEST_F(Simt, MisalignedVectorLoadIsAFault) {
  const DeviceArray<float> in(8);

  EXPECT_EQ(run(1, 1, 0, load_misaligned, in.data()), cudaErrorMisalignedAddress);
  EXPECT_TRUE(contains(simt::fault_message(), "load_vector16")) << simt::fault_message();
}

TEST_F(Simt, AFaultStaysUntilResetAndTheEmulatorGoesOn) {
  DeviceArray<int> out(96 + 192);
  const DeviceArray<int> in(96 + 192);
  ASSERT_EQ(run(1, 64, 0, shuffle_in_a_branch), cudaErrorLaunchFailure);

  EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaStreamSynchronize(nullptr), cudaErrorLaunchFailure);
  EXPECT_EQ(run(3, 96, 384, reverse_in_shared_memory, in.data(), out.data()), cudaErrorLaunchFailure);
  simt::reset();
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(run(3, 96, 384, reverse_in_shared_memory, in.data(), out.data()), cudaSuccess);
}

#if defined(__SANITIZE_ADDRESS__)
__global__ void write_past_shared_memory() { shared_memory<char>()[13] = 0; }

TEST_F(Simt, AddressSanitizerSeesSharedMemoryToTheByte) {
  EXPECT_DEATH(run(1, 1, 13, write_past_shared_memory), "use-after-poison");
}
#else
__global__ void write_past_shared_memory() { shared_memory<char>()[13] = 0; }

TEST_F(Simt, WritePastSharedMemoryIsAFault) {
  EXPECT_EQ(run(1, 1, 13, write_past_shared_memory), cudaErrorLaunchFailure);
  EXPECT_TRUE(contains(simt::fault_message(), "13 bytes of shared memory")) << simt::fault_message();
}
#endif

// --- Order and memory.

__global__ void read_poison(float* out) {
  float* buffer = shared_memory<float>();
  out[blockIdx.x] = buffer[0];
  buffer[0] = 1;
}

TEST_F(Simt, MemoryStartsAsNaNInEveryBlock) {
  DeviceArray<float> out(4);
  EXPECT_TRUE(std::isnan(out.download()[0]));

  ASSERT_EQ(run(4, 1, sizeof(float), read_poison, out.data()), cudaSuccess);

  for (const float x : out.download()) EXPECT_TRUE(std::isnan(x));
}

__global__ void note_order(unsigned* count, unsigned* order) {
  order[atomicAdd(count, 1)] = blockIdx.x * blockDim.x + threadIdx.x;
}

std::vector<unsigned> order_for(std::uint64_t seed) {
  simt::reset();
  simt::set_seed(seed);
  const DeviceArray<unsigned> count(std::vector<unsigned>{0});
  const DeviceArray<unsigned> order(256);
  EXPECT_EQ(run(4, 64, 0, note_order, count.data(), order.data()), cudaSuccess);
  return order.download();
}

TEST_F(Simt, OrderComesFromTheSeed) {
  std::vector<unsigned> natural(256);
  std::iota(natural.begin(), natural.end(), 0U);

  EXPECT_EQ(order_for(0), natural);
  EXPECT_EQ(order_for(5), order_for(5));
  EXPECT_NE(order_for(5), order_for(6));
  auto sorted = order_for(7);
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, natural);
}

__global__ void race_without_barrier(int* out) {
  int* cell = shared_memory<int>();
  if (threadIdx.x == 40) *cell = 7;
  __syncwarp();
  if (threadIdx.x == 0) *out = *cell;
}

TEST_F(Simt, AMissingBarrierGivesDifferentAnswers) {
  bool right = false;
  bool wrong = false;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    simt::set_seed(seed);
    const DeviceArray<int> out(1);
    ASSERT_EQ(run(1, 64, sizeof(int), race_without_barrier, out.data()), cudaSuccess);
    (out.download()[0] == 7 ? right : wrong) = true;
  }
  EXPECT_TRUE(right && wrong);
}

__global__ void all_atomics(int* i, unsigned* u, unsigned long long* w, float* f, double* d) {
  const int t = static_cast<int>(threadIdx.x);
  atomicAdd(i, t);
  atomicMax(i + 1, t);
  atomicMin(i + 2, t);
  atomicExch(i + 3, 4);
  atomicCAS(i + 4, 0, 1);
  atomicAdd(u, 1U);
  atomicAdd(w, 1ULL << 40);
  atomicAdd(f, 0.5F);
  atomicAdd(d, 0.25);
}

TEST_F(Simt, AtomicsReachTheirTotals) {
  const DeviceArray<int> i(std::vector<int>{0, -1, 99, 0, 0});
  const DeviceArray<unsigned> u(std::vector<unsigned>{0});
  const DeviceArray<unsigned long long> w(std::vector<unsigned long long>{0});
  const DeviceArray<float> f(std::vector<float>{0});
  const DeviceArray<double> d(std::vector<double>{0});

  ASSERT_EQ(run(2, 64, 0, all_atomics, i.data(), u.data(), w.data(), f.data(), d.data()), cudaSuccess);

  EXPECT_EQ(i.download(), (std::vector<int>{2 * 63 * 32, 63, 0, 4, 1}));
  EXPECT_EQ(u.download()[0], 128U);
  EXPECT_EQ(w.download()[0], 128ULL << 40);
  EXPECT_EQ(f.download()[0], 64.0F);
  EXPECT_EQ(d.download()[0], 32.0);
}

__global__ void many_collectives(float* out) {
  float x = static_cast<float>(threadIdx.x);
  for (int i = 0; i < 40; ++i) {
    x = 0.5F * __shfl_xor_sync(all_lanes, x, 1);
    if (i % 8 == 0) __syncthreads();
  }
  atomicAdd(out, x);
}

// 300 blocks of 256 threads with 45 collectives each are some 3.5 million switches: under a second without sanitizers.
TEST_F(Simt, RunsMillionsOfCollectives) {
  const DeviceArray<float> out(std::vector<float>{0});

  EXPECT_EQ(run(300, 256, 0, many_collectives, out.data()), cudaSuccess);
}

}  // namespace
