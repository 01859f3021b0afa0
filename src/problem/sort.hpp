// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "rankfill/entries.hpp"

namespace rankfill {

/// A compressed sparse matrix on the host, before it goes to a backend.
struct HostCsr {
  std::int64_t num_rows = 0, num_cols = 0;
  std::vector<std::int64_t> row_ptr;
  std::vector<std::int32_t> col_idx;
  std::vector<double> values;
};

/// Entries in row order, columns ascending within a row (equal pairs keep their order).  Two counting sorts.
/// Entries with a negative index are left out.
HostCsr sort_by_row(const Entries& entries, const std::vector<double>& values);

/// The transpose, in row order of its own.  One counting sort.
HostCsr transpose(const HostCsr& m);

/// *Throws* InvalidData: shape out of range, array lengths that disagree, no entries.
void validate_shape(const Entries& entries);

/// *Throws* InvalidData if entry p has an index out of range or a value that is not finite; with `unseen_allowed` (held-out
/// data) an index of -1 passes.
void validate_entry(const Entries& entries, std::size_t p, bool unseen_allowed);

/// Both, for all entries in turn.
void validate_entries(const Entries& entries, bool unseen_allowed);

/// *Throws* InvalidData naming the first pair stored twice.
void reject_duplicates(const HostCsr& by_row, const Entries& entries);

/// That error.
[[noreturn]] void throw_duplicate(const Entries& entries, std::int32_t row, std::int32_t col);

}  // namespace rankfill
