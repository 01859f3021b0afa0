// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace rankfill {

/// The entries of a matrix by row, and what its rows and columns are called: the schedule goes by the names, so it is the same
/// wherever rows are stored.  Empty names: the place.
struct NamedEntries {
  std::vector<std::int64_t> row_ptr;
  std::vector<std::int32_t> cols;
  std::int64_t num_cols = 0;
  std::vector<std::int32_t> row_names, col_names;
};

/// Every entry once, in strata of blocks that share no row and no column.  docs/math.md Eq. 44
struct Schedule {
  int num_blocks = 0;
  std::vector<std::int64_t> block_ptr;  ///< num_blocks^2 + 1; block b of stratum s is number s num_blocks + b
  std::vector<std::int64_t> entries;    ///< offsets into cols
};

/// Blocks per side that suit a problem of this shape: about 256 entries in each, at most 1024.
int choose_num_blocks(std::int64_t num_entries, std::int64_t non_empty_rows, std::int64_t non_empty_cols);

/// A seeded schedule.  Rows and columns go to num_blocks groups of nearly as many entries each.
Schedule make_schedule(const NamedEntries& m, int num_blocks, std::uint64_t seed);

/// 0 .. count - 1 in an order drawn from the seed for a round.
std::vector<int> shuffled(int count, std::uint64_t seed, std::uint32_t round);

}  // namespace rankfill
