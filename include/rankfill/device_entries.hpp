// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "rankfill/entries.hpp"

namespace rankfill {

/// Arrays in the memory of a CUDA device, of either type.
using DeviceIndices = std::variant<const std::int32_t*, const std::int64_t*>;
using DeviceValues = std::variant<const float*, const double*>;

/// The observed entries of a matrix, as Entries, but in arrays that are on a CUDA device already.  A view: the arrays are the
/// caller's, are only read, and have to stay as they are until the call that is given them returns.
///
/// Rows and columns have no names but their indices.  In held-out data an index of -1 means "never seen in training".
struct DeviceEntries {
  std::int64_t num_rows = 0;  ///< m; at most 2^31 - 1
  std::int64_t num_cols = 0;  ///< n; at most 2^31 - 1

  std::int64_t num_entries = 0;
  DeviceIndices rows, cols;  ///< num_entries each, without gaps
  DeviceValues values;

  /// The cudaStream_t that writes the arrays; what was enqueued there before the call is waited for.
  void* stream = nullptr;
  std::string source;  ///< where the data came from, for messages; may be empty

  std::int64_t size() const { return num_entries; }
};

/// Held-out data wherever they are, or none.
using HeldOut = std::variant<std::monostate, const Entries*, const DeviceEntries*>;

}  // namespace rankfill
