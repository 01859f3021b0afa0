// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data/file_bytes.hpp"
#include "data/line_reader.hpp"
#include "rankfill/entries.hpp"
#include "rankfill/io.hpp"

namespace rankfill::data {

/// One reader per format.  Each applies the duplicate rule, and throws InvalidData for what it cannot use.

/// Lines of `row col value [time]`, from where `reader` stands.
Entries read_delimited(LineReader& reader, const ReadOptions& options);

/// MatrixMarket coordinate or array, from its banner on.
Entries read_matrix_market(LineReader& reader, const ReadOptions& options);

/// scipy.sparse.save_npz: csr, csc or coo.
Entries read_scipy_npz(const FileBytes& bytes, const ReadOptions& options);

/// A dense two-dimensional array; NaN and options.missing are not observed.
Entries read_dense_npy(const FileBytes& bytes, const ReadOptions& options);

/// What write_entries writes as Format::binary (entry_file.hpp).
Entries read_entry_file(const FileBytes& file, const ReadOptions& options);

/// Gives entries whose indices are their own names the indices of options.row_ids and col_ids, where those are given,
/// and Ids::range names otherwise.  num_rows and num_cols are the sizes of the file's matrix on entry.
void name_by_index(Entries& entries, const ReadOptions& options);

/// A pair given more than once, by place in the entries.
struct RepeatedPair {
  std::int64_t first = 0;
  std::int64_t again = 0;
};

/// Applies the rule.  Under Duplicates::error nothing changes, and the repeated pair whose second mention comes first is
/// returned.  Pairs with an unknown id (-1) are never the same.
std::optional<RepeatedPair> merge_duplicates(Entries& entries, Duplicates rule, int threads);

/// The repeated pair whose second mention comes first, if there is any.
std::optional<RepeatedPair> find_repeated_pair(const Entries& entries);

/// "row 5, column 7 is given more than once ...", for the message of InvalidData.  `first_line`: of the first mention, 0
/// when it is not known.
std::string describe_repeated_pair(const Entries& entries, const RepeatedPair& pair, std::int64_t first_line = 0);

/// merge_duplicates, with the exception.
void require_resolved(Entries& entries, const ReadOptions& options);

}  // namespace rankfill::data
