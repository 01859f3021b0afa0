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
#include "rankfill/entries.hpp"

namespace rankfill {

/// All entries on the device, in the order they came: keys, and values as they are.
template <class S>
struct DeviceEntries {
  SortedPairs<S, CudaBackend> pairs;
  Buffer<unsigned long long, CudaBackend> row_counts, col_counts;  ///< empty: nobody counted
};

/// How many entries are uploaded while those before them are worked on: enough pieces to overlap, and not too small ones.
/// A piece takes 16 bytes per entry, in two slots of device memory.
constexpr std::int64_t piece_entries(std::int64_t size) {
  return std::clamp(size / 8, std::int64_t{4096}, std::int64_t{1} << 20);
}

/// Uploads the entries of a valid shape, `piece_length` at a time, and validates them on the way.  Nothing if some value is no S: float holds the values of
/// most data (ratings, integers, float32 files), and then nothing is lost by bringing them into order in 4 bytes.
/// `holdout`: as in validate_entry, and nothing is counted.  Waits.
/// *Throws* InvalidData for the first entry that validate_entry refuses.
template <class S>
std::optional<DeviceEntries<S>> take_as(CudaBackend&, const Entries& entries, bool holdout, std::int64_t piece_length);

/// Calls use(DeviceEntries<S>) with the narrowest S that holds all values.
template <class Use>
auto with_device_entries(CudaBackend& backend, const Entries& entries, bool holdout, const Use& use) {
  if (may_be_float(entries.values))
    if (auto taken = take_as<float>(backend, entries, holdout, piece_entries(entries.size())))
      return use(std::move(*taken));
  return use(std::move(*take_as<double>(backend, entries, holdout, piece_entries(entries.size()))));
}

}  // namespace rankfill
