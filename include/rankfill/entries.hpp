// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rankfill/ids.hpp"

namespace rankfill {

/// The observed entries M_ij, (i,j) in Omega, as three parallel arrays, and the shape of the whole matrix.
///
/// Explicit zeros are observations.  Order is free; solve() sorts.  Indices are zero-based; a row or column index of -1 is
/// allowed in held-out data only and means "an id that training never saw".
struct Entries {
  std::int64_t num_rows = 0;  ///< m; at most 2^31 - 1
  std::int64_t num_cols = 0;  ///< n; at most 2^31 - 1

  std::vector<std::int32_t> rows;
  std::vector<std::int32_t> cols;
  std::vector<double> values;
  std::vector<double> times;  ///< empty, or one per entry: the time column, for split_by_time

  Ids row_ids;  ///< names of the rows; a default-constructed Ids means "the index is the name"
  Ids col_ids;

  std::string source;  ///< where the data came from, for messages; may be empty

  std::int64_t size() const { return static_cast<std::int64_t>(values.size()); }
};

}  // namespace rankfill
