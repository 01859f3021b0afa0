// SPDX-License-Identifier: Apache-2.0
#pragma once

// The software twin of kernels/detail/ptx.cuh, found first because its folder comes first on the include path.

#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace rankfill {

namespace simt_detail {
/// A device faults on a vector access that is not aligned to its size.
inline void require_alignment16(const void* p, const char* operation) {
  if (reinterpret_cast<std::uintptr_t>(p) % 16 != 0) {
    simt::fail(simt::Fault::misaligned_address, "%s: the address is not a multiple of 16 bytes", operation);
  }
}
}  // namespace simt_detail

template <class T>
T* shared_memory() {
  return reinterpret_cast<T*>(simt::shared_memory());
}

inline const char* in_register(const char* p) { return p; }
inline int in_register(int x) { return x; }
inline const char* row_address(const char* p, std::int32_t row, std::uint32_t row_bytes) {
  return p + std::uint64_t{static_cast<std::uint32_t>(row)} * row_bytes;
}

inline void load_vector16(const float* p, float (&x)[4]) {
  simt_detail::require_alignment16(p, "load_vector16");
  for (int i = 0; i < 4; ++i) x[i] = p[i];
}

inline void load_vector16(const double* p, double (&x)[2]) {
  simt_detail::require_alignment16(p, "load_vector16");
  for (int i = 0; i < 2; ++i) x[i] = p[i];
}

template <bool keep>
void gather_vector16(const __half* p, __half2 (&x)[4]) {
  simt_detail::require_alignment16(p, "gather_vector16");
  for (int i = 0; i < 4; ++i) x[i] = __halves2half2(p[2 * i], p[2 * i + 1]);
}

template <bool keep>
void gather_vector16(const float* p, float (&x)[4]) {
  load_vector16(p, x);
}
template <bool keep>
void gather_vector16(const double* p, double (&x)[2]) {
  load_vector16(p, x);
}

inline constexpr int max_resident_blocks = 32;
inline constexpr int half_gather_warps = 28;

inline void add_vector(float* p, const float (&x)[4]) {
  simt_detail::require_alignment16(p, "add_vector");
  for (int i = 0; i < 4; ++i) atomicAdd(p + i, x[i]);
}

inline void add_vector(double* p, const double (&x)[2]) {
  simt_detail::require_alignment16(p, "add_vector");
  for (int i = 0; i < 2; ++i) atomicAdd(p + i, x[i]);
}

inline float fast_inverse(float x) { return 1.0F / x; }

inline std::uint32_t warp_max(std::uint32_t x) {
  for (int offset = 16; offset > 0; offset /= 2) x = std::max(x, __shfl_xor_sync(0xFFFFFFFFU, x, offset));
  return x;
}

inline constexpr std::uint32_t kAsIs = 0x3210;
inline std::uint32_t moved(std::uint32_t x, std::uint32_t) { return x; }

// --- Asynchronous copies.  They are done when they are waited for, and until then the destination holds NaN: both a read
// that does not wait and a copy started while somebody still reads are seen.

using SharedAddress = std::uintptr_t;
inline SharedAddress shared_address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

namespace simt_detail {

struct AsyncCopy {
  void* to;
  const void* from;  // nullptr: zeros
};

struct AsyncCopies {
  std::uint64_t owner = 0;                     // the block they were started in; a block that ends drops its own
  std::vector<std::vector<AsyncCopy>> groups;  // committed, the oldest first
  std::vector<AsyncCopy> open;
};

inline unsigned thread_of_block() { return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z); }

inline AsyncCopies& async_copies() {
  static std::array<AsyncCopies, 1024> of_thread;
  AsyncCopies& mine = of_thread[thread_of_block()];
  if (mine.owner != simt::block_number()) {
    mine.owner = simt::block_number();
    mine.groups.clear();
    mine.open.clear();
  }
  return mine;
}

}  // namespace simt_detail

inline void cp_async16(SharedAddress to, const void* from, bool wanted) {
  void* destination = reinterpret_cast<void*>(to);
  simt_detail::require_alignment16(destination, "cp_async16 to shared memory");
  if (wanted) simt_detail::require_alignment16(from, "cp_async16 from global memory");
  std::memset(destination, 0xFF, 16);
  simt_detail::async_copies().open.push_back({destination, wanted ? from : nullptr});
}

inline void cp_async_commit() {
  auto& mine = simt_detail::async_copies();
  mine.groups.push_back(std::move(mine.open));
  mine.open.clear();
}

template <int pending>
void cp_async_wait() {
  auto& groups = simt_detail::async_copies().groups;
  while (groups.size() > pending) {
    for (const auto& copy : groups.front()) {
      if (copy.from != nullptr)
        std::memcpy(copy.to, copy.from, 16);
      else
        std::memset(copy.to, 0, 16);
    }
    groups.erase(groups.begin());
  }
}

// --- Matrices of a warp, by the fragment layouts that the PTX manual documents.

namespace simt_detail {

/// What the lanes of a warp bring to a collective.  Two, taken in turn: a lane may come to the next collective before
/// the others have read the first, but not to the one after.
template <class T>
struct Brought {
  std::uint64_t owner = 0;  // a block
  std::array<std::array<T, 32>, 2> values;
  std::array<std::uint8_t, 32> turn{};
};

template <class T>
const std::array<T, 32>& bring(const T& mine, simt::Collective kind, simt::Location where) {
  static std::array<Brought<T>, 32> warps;
  Brought<T>& warp = warps[thread_of_block() / 32];
  if (warp.owner != simt::block_number()) {
    warp.owner = simt::block_number();
    warp.turn.fill(0);
  }
  const unsigned lane = simt::current_lane();
  auto& values = warp.values[warp.turn[lane] ^= 1];
  values[lane] = mine;
  simt::exchange(kind, 0xffffffffU, 0, lane, where);
  return values;
}

inline std::uint32_t pair(std::uint16_t low, std::uint16_t high) { return low | std::uint32_t{high} << 16; }

inline float half_at(std::uint32_t bits, int high) {
  return static_cast<float>(std::bit_cast<_Float16>(static_cast<std::uint16_t>(high != 0 ? bits >> 16 : bits)));
}

inline const std::array<SharedAddress, 32>& matrix_rows(SharedAddress row, simt::Location where) {
  require_alignment16(reinterpret_cast<const void*>(row), "ldmatrix_x4");
  return bring(row, simt::Collective::load_matrix, where);
}

inline std::uint16_t element(SharedAddress row, unsigned column) {
  std::uint16_t x;
  std::memcpy(&x, reinterpret_cast<const std::uint16_t*>(row) + column, sizeof x);
  return x;
}

struct Fragments {
  float a[8], b[4];  // the pairs of a0..a3 and of b0, b1
};

}  // namespace simt_detail

inline void ldmatrix_x4(SharedAddress row, std::uint32_t (&x)[4], simt::Location where = simt::Location::current()) {
  const auto& rows = simt_detail::matrix_rows(row, where);
  const unsigned lane = simt::current_lane(), g = lane / 4, t = lane % 4;
  for (unsigned q = 0; q < 4; ++q) {
    const SharedAddress r = rows[8 * q + g];
    x[q] = simt_detail::pair(simt_detail::element(r, 2 * t), simt_detail::element(r, 2 * t + 1));
  }
}

inline void ldmatrix_x4_transposed(SharedAddress row, std::uint32_t (&x)[4],
                                   simt::Location where = simt::Location::current()) {
  const auto& rows = simt_detail::matrix_rows(row, where);
  const unsigned lane = simt::current_lane(), g = lane / 4, t = lane % 4;
  for (unsigned q = 0; q < 4; ++q)
    x[q] = simt_detail::pair(simt_detail::element(rows[8 * q + 2 * t], g),
                             simt_detail::element(rows[8 * q + 2 * t + 1], g));
}

inline void mma_16x8x16(float (&c)[4], std::uint32_t a0, std::uint32_t a1, std::uint32_t a2, std::uint32_t a3,
                        std::uint32_t b0, std::uint32_t b1, simt::Location where = simt::Location::current()) {
  using simt_detail::half_at;
  const std::uint32_t a[] = {a0, a1, a2, a3}, b[] = {b0, b1};
  simt_detail::Fragments mine;
  for (int i = 0; i < 8; ++i) mine.a[i] = half_at(a[i / 2], i % 2);
  for (int i = 0; i < 4; ++i) mine.b[i] = half_at(b[i / 2], i % 2);
  const auto& lanes = simt_detail::bring(mine, simt::Collective::multiply_matrix, where);
  const unsigned g = simt::current_lane() / 4, t = simt::current_lane() % 4;
  // k = 2 s + h and 8 + 2 s + h: lane 4 g + s of A, in registers r and r + 2; lane 4 n + s of B, in registers 0 and 1
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned r = i / 2, n = 2 * t + i % 2;
    float sum = 0;
    for (unsigned s = 0; s < 4; ++s) {
      const auto& row = lanes[4 * g + s].a;
      const auto& col = lanes[4 * n + s].b;
      for (unsigned h = 0; h < 2; ++h) sum += row[2 * r + h] * col[h] + row[2 * r + 4 + h] * col[2 + h];
    }
    c[i] += sum;
  }
}

}  // namespace rankfill
