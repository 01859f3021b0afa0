// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rankfill/entries.hpp"
#include "rankfill/model.hpp"

namespace rankfill {

/// The columns of every row's entries: what its recommendations leave out.
class SeenColumns {
 public:
  /// None.
  SeenColumns() = default;
  /// Those of `entries`, whose indices are the model's; entries with index -1, or beyond the model, count for nothing.
  SeenColumns(const Entries& entries, const Model& model);

  /// Ascending.
  std::span<const std::int32_t> of(std::int64_t row) const {
    if (start_.empty()) return {};
    const std::size_t first = start_[static_cast<std::size_t>(row)], last = start_[static_cast<std::size_t>(row) + 1];
    return std::span(columns_).subspan(first, last - first);
  }

 private:
  std::vector<std::size_t> start_;  ///< num_rows + 1, or empty
  std::vector<std::int32_t> columns_;
};

/// Model::recommend for many rows: result r is that of rows[r], to the last bit.  Parallel; `threads` 0: all.
/// The scores of a block of rows are one matrix product in float32; what may be among the best by them is then predicted exactly.
/// Holds a float32 copy of column factors that are double, and the result.
/// *Throws* InvalidData when a row is out of range.
std::vector<std::vector<Recommendation>> recommend(const Model& model, std::span<const std::int64_t> rows, int count,
                                                   const SeenColumns& seen = {}, int threads = 0);

}  // namespace rankfill
