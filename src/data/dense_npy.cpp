// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "data/npy.hpp"
#include "data/readers.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

Entries read_dense_npy(const FileBytes& bytes, const ReadOptions& options) {
  const Array array = parse_npy(bytes.view(), bytes.name());
  const auto fail = [&](const std::string& found) { throw InvalidData(bytes.name(), 0, found); };
  if (array.shape.size() != 2)
    fail("an array of " + std::to_string(array.shape.size()) + " dimensions: a matrix has 2");
  if (array.is_text()) fail("an array of text: numbers are needed");
  const std::vector<double> values = array.as_doubles();
  Entries entries;
  entries.source = bytes.name();
  entries.num_rows = array.shape[0];
  entries.num_cols = array.shape[1];
  Entries named = entries;
  name_by_index(named, options);  // sizes checked before indices are narrowed
  for (std::int64_t row = 0; row < entries.num_rows; ++row) {
    if (row % 1024 == 0) check_interrupt(options);
    for (std::int64_t col = 0; col < entries.num_cols; ++col) {
      const double value = values[static_cast<std::size_t>(row * entries.num_cols + col)];
      if (std::isnan(value) || (options.missing && value == *options.missing)) continue;
      if (std::isinf(value))
        fail(std::string("[") + std::to_string(row) + ", " + std::to_string(col) +
             "] is infinite: values must be finite, or NaN for missing");
      entries.rows.push_back(static_cast<std::int32_t>(row));
      entries.cols.push_back(static_cast<std::int32_t>(col));
      entries.values.push_back(value);
    }
  }
  if (entries.values.empty()) fail("no entries");
  name_by_index(entries, options);
  return entries;
}

}  // namespace rankfill::data
