// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/gather_copy.cuh"
#include "kernels/detail/row_access.cuh"

// Residuals, their squares and the row's gradient from one fetch of every v_j.  Bytes that count: num_entries * row_bytes
// from the second-level cache; the arithmetic is arranged so that it does not get in their way.

namespace rankfill {

/// How a warp walks over entries.  `lanes` lanes share an entry: each fetches `vectors` vectors of 16 bytes of v_j, lane l
/// those with numbers l, l + lanes, ...  The warp so takes 32 / lanes entries in a step, and `steps` steps at a time, which
/// puts at least four fetches of every lane in flight.
template <class S, int lanes_, int vectors_>
struct GatherWalk {
  using Stored = S;
  static constexpr int lanes = lanes_;
  static constexpr int vectors = vectors_;
  static constexpr int groups = warp_size / lanes;  ///< entries in a step
  static constexpr int steps = vectors == 1 ? 4 : vectors < 4 ? 2 : 1;
  static constexpr int round = steps * groups;              ///< entries that a warp takes at a time
  static constexpr int numbers = vectors * vector_size<S>;  ///< of v_j, per lane
  /// Sums over the lanes of a group are taken for all steps together: see group_sums.
  static constexpr int halvings = lanes == 1 || steps == 1 ? 0 : lanes == 2 || steps == 2 ? 1 : 2;
  static constexpr int sums = steps >> halvings;  ///< that a lane ends up with
  /// Columns and values are read one tile ahead, `words` of each per lane.
  static constexpr int words = round > warp_size ? round / warp_size : 1;
  static constexpr int tile = words * warp_size;
  /// The leading vectors that every lane has, whatever the rank: the walks for more than 32 vectors in a row come with 2, 3,
  /// 4, 6, 8, 12 and 16 vectors per lane.
  static constexpr int full_vectors = vectors < 5 ? vectors - 1 : vectors < 9 ? vectors - 2 : vectors - 4;
  /// Warps that a multiprocessor should hold, which sets the registers: 64 for 32 of them.  float16 takes more, because its
  /// numbers are kept unpacked between the two times they are used.
  static constexpr int resident = vectors == 1   ? (sizeof(S) == 4   ? 32
                                                    : sizeof(S) == 2 ? half_gather_warps
                                                                     : 24)
                                  : vectors == 2 ? 20
                                  : vectors < 8  ? 16
                                  : vectors == 8 ? 12
                                                 : 8;
};

/// Blocks of one warp: the warps that start last are spread over all multiprocessors.
inline constexpr int kGatherThreads = warp_size;

/// The second of their launch bounds.
template <class Walk>
inline constexpr int resident_blocks = Walk::resident < max_resident_blocks ? Walk::resident : max_resident_blocks;

/// Calls body(GatherWalk<S, ...>{}) for rows of so many vectors.
template <class S, class Body>
void with_gather_walk(int vectors, const Body& body) {
  constexpr int most = 1024 / vector_size<S>;
  if (vectors <= 1) return body(GatherWalk<S, 1, 1>{});
  if (vectors <= 2) return body(GatherWalk<S, 2, 1>{});
  if (vectors <= 4) return body(GatherWalk<S, 4, 1>{});
  if (vectors <= 8) return body(GatherWalk<S, 8, 1>{});
  if (vectors <= 16) return body(GatherWalk<S, 16, 1>{});
  if (vectors <= 32) return body(GatherWalk<S, 32, 1>{});
  if (vectors <= 64) return body(GatherWalk<S, 32, 2>{});
  if (vectors <= 96) return body(GatherWalk<S, 32, 3>{});
  if (vectors <= 128) return body(GatherWalk<S, 32, 4>{});
  if constexpr (most > 128) {
    if (vectors <= 192) return body(GatherWalk<S, 32, 6>{});
    if (vectors <= 256) return body(GatherWalk<S, 32, 8>{});
  }
  if constexpr (most > 256) {
    if (vectors <= 384) return body(GatherWalk<S, 32, 12>{});
    return body(GatherWalk<S, 32, 16>{});
  }
}

namespace gather_detail {

/// x, which is the same for every lane, in a way that lets the compiler know.
__device__ __forceinline__ int uniform(int x) { return __shfl_sync(full_warp, x, 0); }
__device__ __forceinline__ std::int64_t uniform(std::int64_t x) {
  return __shfl_sync(full_warp, static_cast<long long>(x), 0);
}

/// Where a lane's vectors of row 0 lie.  A lane beyond the end of the row fetches the last vector again, which another lane
/// of its warp fetches too; its numbers of u_i are zero and its share of the gradient is not written.
template <class W>
struct LaneTable {
  using S = typename W::Stored;
  static constexpr int rest = W::vectors - W::full_vectors;
  const char* full;
  const char* last[rest];
  std::uint32_t row_bytes;
  std::int32_t hot;

  __device__ __forceinline__ LaneTable(const GatherTable<S>& table, std::int32_t hot)
      : row_bytes(table.row_bytes), hot(hot) {
    const char* rows = reinterpret_cast<const char*>(table.rows);
    const int lane = lane_id() % W::lanes, vectors = static_cast<int>(row_bytes / 16);
    full = in_register(rows + lane * 16);
#pragma unroll
    for (int r = 0; r < rest; ++r)
      last[r] = in_register(rows + min((W::full_vectors + r) * W::lanes + lane, vectors - 1) * 16);
  }

  template <bool keep, class Vector>
  __device__ __forceinline__ void fetch(std::int32_t col, Vector (&v)[W::vectors]) const {
#pragma unroll
    for (int r = 0; r < W::full_vectors; ++r)
      v[r].template fetch<keep>(row_address(full, col, row_bytes) + r * W::lanes * 16);
#pragma unroll
    for (int r = W::full_vectors; r < W::vectors; ++r)
      v[r].template fetch<keep>(row_address(last[r - W::full_vectors], col, row_bytes));
  }
};

/// 16 bytes in registers.
template <class S>
struct Vector16 {
  S number[vector_size<S>];
  template <bool keep>
  __device__ __forceinline__ void fetch(const char* p) {
    gather_vector16<keep>(reinterpret_cast<const S*>(p), number);
  }
  __device__ __forceinline__ S at(int i) const { return number[i]; }
};
template <>
struct Vector16<__half> {
  __half2 pair[4];
  template <bool keep>
  __device__ __forceinline__ void fetch(const char* p) {
    gather_vector16<keep>(reinterpret_cast<const __half*>(p), pair);
  }
  __device__ __forceinline__ float at(int i) const {
    return i % 2 == 0 ? __low2float(pair[i / 2]) : __high2float(pair[i / 2]);
  }
};

/// What a group of lanes holds of its row: its numbers of u_i and of the gradient, and a sum of squares.
template <class W, class T>
struct RowState {
  T u[W::numbers];
  T g[W::numbers];
  T squares;
};

/// total[step] summed over the lanes of a group.  The number of sums is halved as lanes are paired, so the shuffles do not
/// multiply with the steps: a lane ends with total[0 .. W::sums), the sums of the steps first_step() + 0, 1, ...
template <class W, class T>
__device__ __forceinline__ void group_sums(T (&total)[W::steps]) {
#pragma unroll
  for (int h = 0; h < W::halvings; ++h) {
    const int half = W::steps >> (h + 1);
    const bool upper = (lane_id() >> h & 1) != 0;
#pragma unroll
    for (int i = 0; i < half; ++i) {
      const T mine = upper ? total[half + i] : total[i], other = upper ? total[i] : total[half + i];
      total[i] = mine + __shfl_xor_sync(full_warp, other, 1 << h);
    }
  }
#pragma unroll
  for (int offset = 1 << W::halvings; offset < W::lanes; offset *= 2)
#pragma unroll
    for (int i = 0; i < W::sums; ++i) total[i] += __shfl_xor_sync(full_warp, total[i], offset);
}

/// The step whose sum a lane has in total[0] after group_sums.
template <class W>
__device__ __forceinline__ int first_step() {
  const int lane = lane_id();
  if constexpr (W::halvings == 0) return 0;
  if constexpr (W::halvings == 1) return (lane & 1) * W::sums;
  return ((lane & 1) * 2 + (lane >> 1 & 1)) * W::sums;
}

/// What the lane of this group that has the sum of `step` brings.
template <class W, class T>
__device__ __forceinline__ T from_lane_of_step(T value, int step) {
  const int owner = step / W::sums;
  if constexpr (W::halvings == 0) return value;
  if constexpr (W::halvings == 1) return __shfl_sync(full_warp, value, owner, 2);
  return __shfl_sync(full_warp, value, owner >> 1 | (owner & 1) << 1, 4);
}

/// W::steps entries of every group: col for each step; value and whether the entry counts for the steps that the lane has the
/// sums of.  An entry that does not count must still be one of the row: then only its row's numbers meet in the sums.
template <class W, bool with_gradient, bool keep, class T>
__device__ __forceinline__ void take_entries(const LaneTable<W>& table, const std::int32_t (&col)[W::steps],
                                             const T (&value)[W::sums], const bool (&counts)[W::sums],
                                             RowState<W, T>& row) {
  constexpr int size = vector_size<typename W::Stored>;
  Vector16<typename W::Stored> v[W::steps][W::vectors];
#pragma unroll
  for (int step = 0; step < W::steps; ++step) table.template fetch<keep>(col[step], v[step]);
  T total[W::steps];
#pragma unroll
  for (int step = 0; step < W::steps; ++step) {
    total[step] = 0;
#pragma unroll
    for (int k = 0; k < W::numbers; ++k) total[step] = fma(row.u[k], T(v[step][k / size].at(k % size)), total[step]);
  }
  group_sums<W>(total);
#pragma unroll
  for (int i = 0; i < W::sums; ++i) {
    total[i] = counts[i] ? total[i] - value[i] : T(0);
    row.squares = fma(total[i], total[i], row.squares);
  }
  if constexpr (with_gradient) {
#pragma unroll
    for (int step = 0; step < W::steps; ++step) {
      const T e = from_lane_of_step<W>(total[step % W::sums], step);
#pragma unroll
      for (int k = 0; k < W::numbers; ++k) row.g[k] = fma(e, T(v[step][k / size].at(k % size)), row.g[k]);
    }
  }
}

/// Columns and undecoded values of a tile, as they come from memory: they are touched only when their turn comes, so the
/// reads of the next tile overlap the fetches of this one.
template <class W, class T>
struct Tile {
  std::int32_t col[W::words];
  ValueBits<T> bits[W::words];

  /// Entries begin .. begin + W::tile of the `length` from `first` on; past the end, the last one.
  __device__ __forceinline__ void read(const EntryView<T>& m, std::int64_t first, int begin, int length) {
#pragma unroll
    for (int w = 0; w < W::words; ++w) {
      const std::int64_t p = first + min(begin + w * warp_size + lane_id(), length - 1);
      col[w] = static_cast<std::int32_t>(m.col(p));
      bits[w] = value_bits(m, p);
    }
  }
};

/// `length` entries of one row from `first` on, by the whole warp; every group of lanes has the row's u_i.
template <class W, bool with_gradient, class T>
__device__ __forceinline__ void take_entries_of_chunk(const EntryView<T>& m, const LaneTable<W>& table,
                                                      std::int64_t first, int length, RowState<W, T>& row) {
  const int group = lane_id() / W::lanes, mine = first_step<W>();
  Tile<W, T> next;
  next.read(m, first, 0, length);
  for (int begin = 0; begin < length; begin += W::tile) {
    std::int32_t tile_col[W::words];
    T tile_value[W::words];
#pragma unroll
    for (int w = 0; w < W::words; ++w) {
      tile_col[w] = next.col[w];
      tile_value[w] = value_of(m, next.bits[w]);
    }
    const bool keep = uniform(tile_col[0]) < table.hot;
    if (begin + W::tile < length) next.read(m, first, begin + W::tile, length);
    const int left = min(W::tile, length - begin);
    // Step s of group g takes the entry that lane at + s / words * groups + g holds in word s % words.
    const auto take_tile = [&](auto keep) {
#pragma unroll 1
      for (int at = 0; at < left; at += W::round) {
        std::int32_t col[W::steps];
        T value[W::sums];
        bool counts[W::sums];
#pragma unroll
        for (int step = 0; step < W::steps; ++step) {
          const int word = step % W::words, lane = at + step / W::words * W::groups + group;
          col[step] = W::lanes == 1 ? tile_col[word] : __shfl_sync(full_warp, tile_col[word], lane);
        }
#pragma unroll
        for (int i = 0; i < W::sums; ++i) {
          const int word = i % W::words, lane = at + (mine + i) / W::words * W::groups + group;
          value[i] = W::lanes == 1 ? tile_value[word] : __shfl_sync(full_warp, tile_value[word], lane);
          counts[i] = word * warp_size + lane < left;
        }
        take_entries<W, with_gradient, keep()>(table, col, value, counts, row);
      }
    };
    if (keep)
      take_tile(std::true_type{});
    else
      take_tile(std::false_type{});
  }
}

/// The `length` entries from `first` on of one row per group of lanes.  length <= longest, which is the same for the whole
/// warp.  A group with nothing to do has length 0 and the `first` of a row that is not empty.  A lane reads the entries of the
/// steps that it will have the sums of, one round ahead.
template <class W, bool with_gradient, class T>
__device__ __forceinline__ void take_entries_of_rows(const EntryView<T>& m, const LaneTable<W>& table,
                                                     std::int64_t first, int length, int longest, RowState<W, T>& row) {
  const int mine = first_step<W>(), last = max(length - 1, 0);
  std::int32_t next_col[W::sums];
  ValueBits<T> next_bits[W::sums];
  const auto read = [&](int begin) {
#pragma unroll
    for (int i = 0; i < W::sums; ++i) {
      const std::int64_t p = first + min(begin + mine + i, last);
      next_col[i] = static_cast<std::int32_t>(m.col(p));
      next_bits[i] = value_bits(m, p);
    }
  };
  read(0);
#pragma unroll 1
  for (int begin = 0; begin < longest; begin += W::steps) {
    std::int32_t col[W::steps];
    T value[W::sums];
    bool counts[W::sums];
#pragma unroll
    for (int step = 0; step < W::steps; ++step) col[step] = from_lane_of_step<W>(next_col[step % W::sums], step);
#pragma unroll
    for (int i = 0; i < W::sums; ++i) {
      value[i] = value_of(m, next_bits[i]);
      counts[i] = begin + mine + i < length;
    }
    const bool keep = __any_sync(full_warp, col[0] < table.hot);
    if (begin + W::steps < longest) read(begin + W::steps);
    if (keep)
      take_entries<W, with_gradient, true>(table, col, value, counts, row);
    else
      take_entries<W, with_gradient, false>(table, col, value, counts, row);
  }
}

}  // namespace gather_detail

}  // namespace rankfill
