// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/npy.hpp"

namespace rankfill::data {

using NamedArray = std::pair<std::string, Array>;

/// The arrays of a `.npz` file in the order of its directory; names without `.npy`.  Stored and deflated members, zip64;
/// checksums are verified.  Sizes are checked against the file before anything is allocated for them.
/// *Throws* FileError, InvalidData (not a zip file, cut short, damaged, no arrays).
std::vector<NamedArray> read_npz(const std::filesystem::path& file);

/// The same from bytes in memory; `source` names them for messages.
std::vector<NamedArray> parse_npz(std::string_view bytes, const std::string& source);

struct NpzOptions {
  bool deflate = false;      ///< compress: several times slower, seldom worth it for factors
  bool force_zip64 = false;  ///< 64-bit sizes even where 32 bits do; for tests
};

/// Writes what numpy.load reads.  The file is replaced whole or not at all (atomic_file.hpp); the same arrays give the
/// same bytes.
/// *Throws* FileError.
void write_npz(const std::filesystem::path& file, std::span<const NamedArray> arrays, const NpzOptions& options = {});

/// The array called `name`, or nullptr.
const Array* find_array(std::span<const NamedArray> arrays, std::string_view name);

}  // namespace rankfill::data
