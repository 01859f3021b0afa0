// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "backend/cuda.hpp"
#include "kernels/prepare/keys.hpp"
#include "kernels/prepare/sort.hpp"
#include "problem/narrow.hpp"
#include "rankfill/device_entries.hpp"
#include "rankfill/entries.hpp"

namespace rankfill {

/// All entries on the device: keys, and values as they are.
template <class S>
struct TakenEntries {
  SortedPairs<S, CudaBackend> pairs;
  Buffer<unsigned long long, CudaBackend> row_counts, col_counts;  ///< empty: nobody counted
  /// 0: in the order they came.  Else every so many of them are sorted by the index of their column.
  std::int64_t run_length = 0;
};

/// How many entries are uploaded while those before them are worked on: enough pieces to overlap, and not too small ones.
/// A piece takes 16 bytes per entry, in two slots of device memory.
constexpr std::int64_t piece_entries(std::int64_t size) {
  return std::clamp(size / 8, std::int64_t{4096}, std::int64_t{1} << 20);
}

/// How many are sorted together while the pieces after them are uploaded: whole pieces, and 16 entries or more for each column
/// on average, so that merging them takes a byte per entry at most.
constexpr std::int64_t run_entries(std::int64_t piece_length, std::int64_t num_cols) {
  return (std::max(piece_length, 16 * num_cols) + piece_length - 1) / piece_length * piece_length;
}

/// Uploads the entries of a valid shape, `piece_length` at a time; on the way validates them, counts them, and sorts them in runs
/// of `run_length`, a multiple of that.  Nothing if some value is no S: float holds the values of
/// most data (ratings, integers, float32 files), and then nothing is lost by bringing them into order in 4 bytes.
/// `holdout`: as in validate_entry, and nothing is counted or sorted.  Waits.
/// *Throws* InvalidData for the first entry that validate_entry refuses.
template <class S>
std::optional<TakenEntries<S>> take_as(CudaBackend&, const Entries& entries, bool holdout, std::int64_t piece_length,
                                       std::int64_t run_length);
template <class S>
std::optional<TakenEntries<S>> take_as(CudaBackend& backend, const Entries& entries, bool holdout) {
  const std::int64_t piece = piece_entries(entries.size());
  return take_as<S>(backend, entries, holdout, piece, run_entries(piece, entries.num_cols));
}
/// The same of entries that are there already: as one piece, where they lie, and in the order they came.
template <class S>
std::optional<TakenEntries<S>> take_as(CudaBackend&, const DeviceEntries& entries, bool holdout);

/// About `count` entries, evenly spread.  May wait.
std::vector<GivenEntry> read_sample(CudaBackend&, const Entries& entries, std::int64_t count);
std::vector<GivenEntry> read_sample(CudaBackend&, const DeviceEntries& entries, std::int64_t count);
std::vector<double> values_of(const std::vector<GivenEntry>& entries);

/// Calls use(TakenEntries<S>) with the narrowest S that holds all values.
template <class Given, class Use>
auto with_taken_entries(CudaBackend& backend, const Given& entries, bool holdout, const Use& use) {
  if (may_be_float(values_of(read_sample(backend, entries, 1024))))
    if (auto taken = take_as<float>(backend, entries, holdout)) return use(std::move(*taken));
  return use(std::move(*take_as<double>(backend, entries, holdout)));
}

/// All entries on a device as one piece.
inline EntryPiece piece_of(const DeviceEntries& entries) {
  return std::visit(
      [&](auto rows, auto cols, auto values) {
        return EntryPiece{.rows = rows, .cols = cols, .values = values, .first = 0, .count = entries.size()};
      },
      entries.rows, entries.cols, entries.values);
}

}  // namespace rankfill
