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
/// kAhead tiles before it is due: cp.async into a ring of four tiles.  Column numbers and values go before them, one thread
/// per entry, through registers, so that no copy waits for its address.  Entries past the end are zero rows, of value zero.
/// kTiles: of 16 numbers in a row; 0: known at run time only.  By a Team of at least kEntries members.
template <int kEntries, int kAhead, int kTiles, class Team>
class EntryRing {
 public:
  static constexpr int kSlots = 4, kValueSlots = 8;
  static_assert(kAhead < kSlots);
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
        cols_(reinterpret_cast<std::int32_t*>(entries)),
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

  /// Waits until the tile is there for the whole team, then starts the one that takes the place of tile `tile` + kAhead - 4.
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
    return rows_ + static_cast<SharedAddress>(tile % kSlots * kEntries * gathered_row_bytes(tiles_));
  }
  /// Its kEntries values; they stay a little longer than the rows.
  __device__ __forceinline__ const float* values(int tile) const { return values_ + tile % kValueSlots * kEntries; }

 private:
  __device__ __forceinline__ void load(int e) {
    const bool exists = e < length_;
    next_col_ = exists ? static_cast<std::int32_t>(m_.col(first_ + e)) : 0;
    next_value_ = exists ? m_.value(first_ + e) : 0.0F;
  }
  __device__ __forceinline__ void store(int e) {
    cols_[e % (kSlots * kEntries)] = next_col_;
    values_[e % (kValueSlots * kEntries)] = next_value_;
  }

  /// One group of copies, empty past the last tile.  Members next to each other copy 16 bytes next to each other.
  __device__ __forceinline__ void fetch(int tile) {
    if (tile < num_tiles()) {
      const int units = 2 * tiles_;
      if constexpr (kTiles != 0 && Team::kSize != 0) {
        static_assert(kEntries * 2 * kTiles % Team::kSize == 0);
#pragma unroll
        for (int n = 0; n < kEntries * 2 * kTiles / Team::kSize; ++n) {
          const int q = n * Team::kSize + team_.member();
          copy(tile, q / units, q % units);
        }
      } else {
        const auto reciprocal = static_cast<unsigned>(65535 / units + 1);  // q / units by a product: q < 1024
        for (int q = team_.member(); q < kEntries * units; q += team_.size()) {
          const int e = static_cast<int>(static_cast<unsigned>(q) * reciprocal >> 16);
          copy(tile, e, q - e * units);
        }
      }
    }
    cp_async_commit();
  }
  __device__ __forceinline__ void copy(int tile, int e, int unit) {
    const bool wanted = tile * kEntries + e < length_ && unit < static_cast<int>(table_.row_bytes / 16);
    const std::int64_t at = std::int64_t{cols_[tile % kSlots * kEntries + e]} * table_.row_bytes + unit * 16;
    cp_async16(rows(tile) + static_cast<SharedAddress>(e * gathered_row_bytes(tiles_) + unit * 16),
               reinterpret_cast<const char*>(table_.rows) + (wanted ? at : 0), wanted);
  }

  Team team_;
  const EntryView<float>& m_;
  const GatherTable<__half>& table_;
  int tiles_;
  std::int64_t first_;
  int length_;
  SharedAddress rows_;
  std::int32_t* cols_;
  float* values_;
  std::int32_t next_col_;
  float next_value_;
};

}  // namespace rankfill
