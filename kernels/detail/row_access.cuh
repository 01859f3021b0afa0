// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/gather_copy.cuh"

// Entries and rows of numbers, in and out of registers.

namespace rankfill::gather_detail {

/// A value as it is stored, number or code: nothing has to be computed with it when it arrives.
template <class T>
using ValueBits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

template <class T>
__device__ __forceinline__ ValueBits<T> value_bits(const EntryView<T>& m, std::int64_t p) {
  if (m.values) return std::bit_cast<ValueBits<T>>(m.values[p]);
  return m.codes8 ? m.codes8[p] : m.codes16[p];
}

/// The value that value_bits stands for.
template <class T>
__device__ __forceinline__ T value_of(const EntryView<T>& m, ValueBits<T> bits) {
  if (m.values) return std::bit_cast<T>(bits);
  return fma(m.step, T(static_cast<std::uint32_t>(bits)), m.offset);
}

/// Calls body(k, i) for the numbers k = 0, piece, ... of a row that belong to lane `lane` of a group of W::lanes: number k of
/// the row is number i of the lane's.  W::numbers / piece calls, some of them past the rank.
template <class W, int piece, class Body>
__device__ __forceinline__ void for_pieces(int lane, const Body& body) {
  constexpr int size = vector_size<typename W::Stored>;
#pragma unroll
  for (int r = 0; r < W::vectors; ++r)
#pragma unroll
    for (int t = 0; t < size; t += piece) body((r * W::lanes + lane) * size + t, r * size + t);
}

/// x = scale * the lane's numbers of `row`; zero past the rank.  row: aligned to 16 bytes if rank is a multiple of
/// vector_size<T>.
template <class W, class T>
__device__ __forceinline__ void load_row(const T* row, int rank, T scale, T (&x)[W::numbers]) {
  constexpr int piece = vector_size<T>;
  const int lane = lane_id() % W::lanes;
  if (rank % piece == 0) {
    for_pieces<W, piece>(lane, [&](int k, int i) {
      T part[piece] = {};
      if (k < rank) load_vector16(row + k, part);
#pragma unroll
      for (int n = 0; n < piece; ++n) x[i + n] = scale * part[n];
    });
  } else {
    for_pieces<W, 1>(lane, [&](int k, int i) { x[i] = k < rank ? scale * row[k] : T(0); });
  }
}

/// The lane's numbers of `row` = scale * x.  With whole_vectors, row is aligned to 16 bytes and has room for the rank rounded
/// up to whole vectors.
template <class W, class T>
__device__ __forceinline__ void store_row(T* row, int rank, bool whole_vectors, T scale, const T (&x)[W::numbers]) {
  constexpr int piece = vector_size<T>;
  struct alignas(16) Piece {
    T number[piece];
  };
  const int lane = lane_id() % W::lanes;
  if (whole_vectors) {
    for_pieces<W, piece>(lane, [&](int k, int i) {
      Piece part;
#pragma unroll
      for (int n = 0; n < piece; ++n) part.number[n] = scale * x[i + n];
      if (k < rank) *reinterpret_cast<Piece*>(row + k) = part;
    });
  } else {
    for_pieces<W, 1>(lane, [&](int k, int i) {
      if (k < rank) row[k] = scale * x[i];
    });
  }
}

}  // namespace rankfill::gather_detail
