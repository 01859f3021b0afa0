// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/gather_copy.cuh"
#include "kernels/detail/ptx.cuh"
#include "kernels/detail/teams.cuh"

namespace rankfill {

/// Bytes from one gathered row to the next in shared memory: `tiles` of 16 float16 and 16 bytes more.  An odd number of
/// 16-byte units, so that the eight rows that an ldmatrix reads at once lie in eight different groups of banks.
__host__ __device__ constexpr int gathered_row_bytes(int tiles) { return 32 * tiles + 16; }

/// The float16 rows v_j of the entries of one chunk, brought to shared memory tile after tile of kEntries entries, each
/// kAhead tiles before it is due: cp.async into a ring of kTileSlots tiles.  Column numbers and values go before them, one thread
/// per entry, through registers, so that no copy waits for its address.  Entries past the end are zero rows, of value zero.
/// kTiles: of 16 numbers in a row; 0: known at run time only.  By a Team of at least kEntries members.
template <int kEntries, int kAhead, int kTileSlots, int kTiles, class Team>
class EntryRing {
 public:
  static constexpr int kSlots = kTileSlots, kValueSlots = 2 * kTileSlots;
  static_assert(kAhead < kSlots && kAhead + 2 <= kValueSlots && (kSlots & (kSlots - 1)) == 0);
  __host__ __device__ static constexpr int rows_bytes(int tiles) {
    return kSlots * kEntries * gathered_row_bytes(tiles);
  }
  /// Of column numbers and values.
  static constexpr int kEntryBytes = (kSlots + kValueSlots) * kEntries * 4;

  /// rows: rows_bytes of shared memory.  entries: kEntryBytes of it.
  __device__ __forceinline__ EntryRing(const Team& team, const EntryView<float>& m, const GatherTable<__half>& table,
                                       int tiles, const Chunk& chunk, unsigned char* rows, unsigned char* entries)
      : team_(team),
        m_(m),
        table_(table),
        tiles_(kTiles ? kTiles : tiles),
        first_(chunk.first),
        length_(uniform(chunk.length)),
        rows_(shared_address(rows)),
        cols_(reinterpret_cast<std::uint32_t*>(entries)),
        values_(reinterpret_cast<float*>(cols_ + kSlots * kEntries)) {
#pragma unroll 2
    for (int e = team.member(); e < (kAhead + 1) * kEntries; e += team.size()) {
      load(e);
      store(e);
    }
    load((kAhead + 1) * kEntries + team.member());
    team.wait();
    for (int tile = 0; tile < kAhead; ++tile) fetch(tile);
  }

  __device__ __forceinline__ int length() const { return length_; }
  __device__ __forceinline__ int num_tiles() const { return (length_ + kEntries - 1) / kEntries; }

  /// Waits until the tile is there for the whole team, then starts the one that takes the place of tile `tile` + kAhead - kSlots.
  /// Called for 0, 1, 2, ...
  __device__ __forceinline__ void advance(int tile) {
    cp_async_wait<kAhead - 1>();
    team_.wait();
    fetch(tile + kAhead);
    if (team_.member() < kEntries) {
      store((tile + kAhead + 1) * kEntries + team_.member());
      load((tile + kAhead + 2) * kEntries + team_.member());
    }
  }

  /// Row 0 of a tile that has not been overtaken.
  __device__ __forceinline__ SharedAddress rows(int tile) const {
    return rows_ +
           static_cast<SharedAddress>(static_cast<unsigned>(tile) % kSlots * kEntries * gathered_row_bytes(tiles_));
  }
  /// Its kEntries values; they stay a little longer than the rows.
  __device__ __forceinline__ const float* values(int tile) const {
    return values_ + static_cast<unsigned>(tile) % kValueSlots * kEntries;
  }

 private:
  __device__ __forceinline__ void load(int e) {
    const bool exists = e < length_;
    next_col_ = exists ? static_cast<std::uint32_t>(m_.col(first_ + e)) : 0U;
    next_value_ = exists ? m_.stored(first_ + e) : 0U;
  }
  /// Decodes only now: it would wait for what was loaded.
  __device__ __forceinline__ void store(int e) {
    cols_[static_cast<unsigned>(e) % (kSlots * kEntries)] = next_col_;
    values_[static_cast<unsigned>(e) % (kValueSlots * kEntries)] = e < length_ ? m_.decoded(next_value_) : 0.0F;
  }

  /// kCount words in a row, a multiple of 8 bytes and aligned to as many, at most 16.
  template <int kCount>
  __device__ __forceinline__ static void load_words(const std::uint32_t* from, std::uint32_t (&to)[kCount]) {
    if constexpr (kCount % 4 == 0) {
#pragma unroll
      for (int n = 0; n < kCount; n += 4) {
        const uint4 x = *reinterpret_cast<const uint4*>(from + n);
        to[n] = x.x, to[n + 1] = x.y, to[n + 2] = x.z, to[n + 3] = x.w;
      }
    } else {
      static_assert(kCount == 2);
      const uint2 x = *reinterpret_cast<const uint2*>(from);
      to[0] = x.x, to[1] = x.y;
    }
  }

  /// One group of copies, empty past the last tile.  Members next to each other copy 16 bytes next to each other.
  __device__ __forceinline__ void fetch(int tile) {
    const int left = length_ - tile * kEntries;
    if (left > 0) {
      const std::uint32_t* cols = cols_ + static_cast<unsigned>(tile) % kSlots * kEntries;
      const int units = 2 * tiles_, member = team_.member();
      const SharedAddress to = rows(tile);
      const auto exists = [&](int e, int unit) { return e < left && unit < static_cast<int>(table_.row_bytes / 16); };
      const auto copy = [&](int e, int unit, std::uint32_t col) {
        const std::uint64_t at = std::uint64_t{col} * table_.row_bytes + static_cast<unsigned>(unit * 16);
        cp_async16(to + static_cast<SharedAddress>(e * gathered_row_bytes(tiles_) + unit * 16),
                   reinterpret_cast<const char*>(table_.rows) + at, exists(e, unit));
      };
      if constexpr (kTiles != 0 && Team::kSize != 0) {
        constexpr int kUnits = 2 * kTiles, kEach = kEntries * kUnits / Team::kSize;
        static_assert(kEach * Team::kSize == kEntries * kUnits);
        std::uint32_t col[kEach];                   // all before the first copy, behind which they could not be moved
        if constexpr (Team::kSize % kUnits == 0) {  // a few members for a row, kEach rows after each other
          constexpr int kRowBytes = gathered_row_bytes(kTiles);
          const int first = member / kUnits * kEach, unit = member % kUnits;
          load_words(cols + first, col);
          const char* const from = in_register(reinterpret_cast<const char*>(table_.rows) + unit * 16);
          const SharedAddress at = to + static_cast<SharedAddress>(first * kRowBytes + unit * 16);
          const bool all = left >= kEntries && table_.row_bytes == 16 * kUnits;
          const auto copy_rows = [&](const auto& wanted) {
#pragma unroll
            for (int n = 0; n < kEach; ++n)
              cp_async16(at + static_cast<SharedAddress>(n * kRowBytes),
                         row_address(from, static_cast<std::int32_t>(col[n]), table_.row_bytes), wanted(n));
          };
          if (all)
            copy_rows([](int) { return true; });
          else
            copy_rows([&](int n) { return exists(first + n, unit); });
        } else {
#pragma unroll
          for (int n = 0; n < kEach; ++n) col[n] = cols[(n * Team::kSize + member) / kUnits];
#pragma unroll
          for (int n = 0; n < kEach; ++n)
            copy((n * Team::kSize + member) / kUnits, (n * Team::kSize + member) % kUnits, col[n]);
        }
      } else {
        const auto reciprocal = static_cast<unsigned>(65535 / units + 1);  // q / units by a product: q < 1024
#pragma unroll 1
        for (int q = member; q < kEntries * units; q += team_.size()) {
          const int e = static_cast<int>(static_cast<unsigned>(q) * reciprocal >> 16);
          copy(e, q - e * units, cols[e]);
        }
      }
    }
    cp_async_commit();
  }

  Team team_;
  const EntryView<float>& m_;
  const GatherTable<__half>& table_;
  int tiles_;
  std::int64_t first_;
  int length_;
  SharedAddress rows_;
  std::uint32_t* cols_;
  float* values_;
  std::uint32_t next_col_;
  std::uint32_t next_value_;
};

}  // namespace rankfill
