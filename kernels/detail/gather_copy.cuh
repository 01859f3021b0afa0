// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_fp16.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/detail/ordered_sum.cuh"

// A factor in the form in which its rows are fetched: of type S, every row padded with zeros to whole vectors of 16 bytes.

namespace rankfill {

/// Numbers of type S in a vector of 16 bytes.
template <class S>
inline constexpr int vector_size = 16 / static_cast<int>(sizeof(S));

/// Passed to kernels by value.
template <class S>
struct GatherTable {
  const S* rows = nullptr;      ///< aligned to 16 bytes
  std::uint32_t row_bytes = 0;  ///< a multiple of 16
  const float* unit = nullptr;  ///< on the device: the factor is *unit times the rows, a power of two; nullptr: 1

  int vectors() const { return static_cast<int>(row_bytes / 16); }
};

namespace gather_detail {

inline constexpr int kMagnitudes = 1024;  ///< blocks that leave a maximum each, at most

__device__ __forceinline__ float warp_max(float value) {
  for (int offset = warp_size / 2; offset > 0; offset /= 2)
    value = fmaxf(value, __shfl_xor_sync(full_warp, value, offset));
  return value;
}

/// largest[block] = max |x| of the finite numbers that the block reads.
template <class T>
__global__ void largest_magnitude_per_block(const T* x, std::int64_t size, T* largest) {
  T* scratch = shared_memory<T>();
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x;
  T mine = 0;
#pragma unroll 4
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size; i += stride)
    if (fabsf(x[i]) <= 3.402823466e38F) mine = fmaxf(mine, fabsf(x[i]));
  mine = warp_max(mine);
  if (lane_id() == 0) scratch[threadIdx.x / warp_size] = mine;
  __syncthreads();
  for (int w = 0; w < kWarpsPerBlock; ++w) mine = fmaxf(mine, scratch[w]);
  if (threadIdx.x == 0) largest[blockIdx.x] = mine;
}

/// 2^exponent
__device__ __forceinline__ float power_of_two(int exponent) { return __int_as_float((exponent + 127) << 23); }

/// The power of two that takes numbers up to `largest` close below the largest float16, as far as it is a normal float.
__device__ __forceinline__ int half_scale(float largest) {
  const int exponent = (__float_as_int(largest) >> 23) - 127;
  return max(-126, min(14 - exponent, 126));
}

__device__ __forceinline__ void convert(float x, float scale, __half& to) { to = __float2half_rn(x * scale); }
template <class T>
__device__ __forceinline__ void convert(T x, float, T& to) {
  to = x;
}

/// One thread per vector; 2^log2_lanes threads walk over a row.  S = __half: times a power of two that the `magnitudes`
/// numbers in `largest` give; its inverse goes to *unit.
template <class S, class T>
__global__ void copy_rows_thread_per_vector(std::int64_t num_rows, int rank, const T* x, int vectors, int log2_lanes,
                                            S* rows, const float* largest, int magnitudes, float* unit) {
  constexpr int size = vector_size<S>;
  float scale = 1;
  if constexpr (std::is_same_v<S, __half>) {
    float all = 0;
    for (int i = lane_id(); i < magnitudes; i += warp_size) all = fmaxf(all, largest[i]);
    const int exponent = half_scale(warp_max(all));
    scale = power_of_two(exponent);
    if (blockIdx.x == 0 && threadIdx.x == 0) *unit = power_of_two(-exponent);
  }
  const std::int64_t thread = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const std::int64_t stride = (std::int64_t{gridDim.x} * blockDim.x) >> log2_lanes;
  for (std::int64_t row = thread >> log2_lanes; row < num_rows; row += stride) {
    for (int q = static_cast<int>(thread & ((1 << log2_lanes) - 1)); q < vectors; q += 1 << log2_lanes) {
      struct alignas(16) Vector {
        S number[size];
      } vector;
#pragma unroll
      for (int i = 0; i < size; ++i) {
        const int k = q * size + i;
        convert(k < rank ? x[row * rank + k] : T(0), scale, vector.number[i]);
      }
      reinterpret_cast<Vector*>(rows)[row * vectors + q] = vector;
    }
  }
}

/// Rows start at a cache line, where the length of a row lets them.
inline constexpr std::size_t kLine = 128;

}  // namespace gather_detail

/// Vectors of 16 bytes that hold `rank` numbers of type S.
template <class S>
constexpr int gather_vectors(int rank) {
  return (rank + vector_size<S> - 1) / vector_size<S>;
}

/// Room that gather_table<S> wants; 0 where the factor can be fetched as it lies.
template <class S, class T>
std::size_t gather_room(const Factor<T, CudaBackend>& x) {
  if (std::is_same_v<S, T> && x.rank % vector_size<S> == 0) return 0;
  return gather_detail::kLine + static_cast<std::size_t>(x.num_rows * gather_vectors<S>(x.rank)) * 16 +
         (gather_detail::kMagnitudes + 4) * sizeof(float);
}

/// The rows of x as type S, in `room` (gather_room<S>(x) bytes of device memory) or in place.  float16 rows are scaled by a
/// power of two, exactly, so that the largest number comes close to the largest float16: neither large nor small units of
/// the data are lost.  Enqueues.
template <class S, class T>
GatherTable<S> gather_table(CudaBackend& backend, const Factor<T, CudaBackend>& x, std::byte* room) {
  using namespace gather_detail;
  GatherTable<S> table;
  table.row_bytes = static_cast<std::uint32_t>(gather_vectors<S>(x.rank)) * 16;
  if constexpr (std::is_same_v<S, T>) {
    if (gather_room<S>(x) == 0) {
      table.rows = x.values.data();
      return table;
    }
  }
  const auto address = reinterpret_cast<std::uintptr_t>(room);
  S* rows = reinterpret_cast<S*>(room + (kLine - address % kLine) % kLine);
  auto* largest = reinterpret_cast<float*>(reinterpret_cast<std::byte*>(rows) +
                                           static_cast<std::size_t>(x.num_rows) * table.row_bytes);
  float* unit = largest + kMagnitudes;
  table.rows = rows;
  const unsigned magnitudes = std::min<unsigned>(blocks_for(x.num_rows * x.rank, 4 * kBlockThreads), kMagnitudes);
  if constexpr (std::is_same_v<S, __half>) {
    table.unit = unit;
    launch(backend, {dim3(magnitudes), dim3(kBlockThreads), kWarpsPerBlock * sizeof(float)},
           largest_magnitude_per_block<T>, x.values.data(), x.num_rows * x.rank, largest);
  }
  int log2_lanes = 0;
  while (log2_lanes < 5 && (1 << log2_lanes) < table.vectors()) ++log2_lanes;
  const unsigned blocks = std::min(blocks_for(x.num_rows << log2_lanes, kBlockThreads),
                                   8U * static_cast<unsigned>(backend.num_multiprocessors()));
  launch(backend, {dim3(blocks), dim3(kBlockThreads), 0}, copy_rows_thread_per_vector<S, T>, x.num_rows, x.rank,
         x.values.data(), table.vectors(), log2_lanes, rows, largest, static_cast<int>(magnitudes), unit);
  return table;
}

}  // namespace rankfill
