// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "rankfill/entries.hpp"
#include "rankfill/io.hpp"

namespace rankfill::data {

// One writer per format.  Entries must have indices within their shape; no pair may be there twice.

/// The format that the end of the file's name tells.
/// *Throws* InvalidOption when it tells none.
Format format_to_write(const std::filesystem::path& file);

/// The entries as they stand in memory (entry_file.hpp).
void write_entry_file(const std::filesystem::path& file, const Entries& entries);

/// Lines `row col value [time]`, `delimiter` between, with a header where there are times.
/// *Throws* InvalidData: an id that cannot stand in such a line.
void write_delimited(const std::filesystem::path& file, const Entries& entries, char delimiter);

/// scipy.sparse.save_npz, coo.
/// *Throws* InvalidData: ids that are not the indices, or times, which have no place there.
void write_scipy_npz(const std::filesystem::path& file, const Entries& entries);

}  // namespace rankfill::data
