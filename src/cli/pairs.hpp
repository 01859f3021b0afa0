// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rankfill/model.hpp"

namespace rankfill::cli {

/// Some (row, column) pairs of a file, in its order: what the file calls them, and their indices, -1 when unknown.
struct Pairs {
  std::vector<std::string> row_names, col_names;
  std::vector<std::int32_t> rows, cols;

  std::size_t size() const { return rows.size(); }
};

/// Reads lines of `row col`, cut by comma, tab, semicolon, :: or blanks (or by `delimiter`), plain or compressed; further
/// columns are ignored, and so are blank lines, comments (#, %) and a header, which may name the two columns in any place.  Calls take(Pairs) for one part of the file
/// after another.
/// *Throws* FileError, InvalidData (file, line), and what `take` throws.
void read_pairs(const std::string& file, const std::string& delimiter, const Model& model,
                const std::function<void(const Pairs&)>& take);

}  // namespace rankfill::cli
