// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "data/readers.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

/// index -> index in the given ids, by the number as name; -1 unknown.
void rename(std::vector<std::int32_t>& indices, const Ids& ids) {
  for (std::int32_t& index : indices) index = static_cast<std::int32_t>(ids.find(std::int64_t{index}));
}

void name_side(std::vector<std::int32_t>& indices, std::int64_t& size, Ids& own, const Ids* given,
               const std::string& source, const char* side) {
  if (size > std::numeric_limits<std::int32_t>::max())
    throw InvalidData(source, 0, std::to_string(size) + " " + side + ": at most 2147483647 can be used");
  if (given == nullptr) {
    own = Ids::range(size);
    return;
  }
  rename(indices, *given);
  own = *given;
  size = given->size();
}

}  // namespace

void name_by_index(Entries& entries, const ReadOptions& options) {
  name_side(entries.rows, entries.num_rows, entries.row_ids, options.row_ids, entries.source, "rows");
  name_side(entries.cols, entries.num_cols, entries.col_ids, options.col_ids, entries.source, "columns");
}

}  // namespace rankfill::data
