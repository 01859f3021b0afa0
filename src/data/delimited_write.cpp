// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include "data/atomic_file.hpp"
#include "data/number.hpp"
#include "data/npz.hpp"
#include "data/writers.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

bool holds_any(std::string_view id, std::string_view characters) {
  return id.find_first_of(characters) != std::string_view::npos;
}

/// `id` as it is written, so that reading, which finds the delimiter by itself, gives it back; `source` for messages.
std::string field_of(std::string_view id, char delimiter, const std::string& source) {
  const bool is_bare = !holds_any(id, ",;\" ") && id.substr(0, 1) != "#" && id.substr(0, 1) != "%";
  const bool has_control =
      std::any_of(id.begin(), id.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
  bool fits = !id.empty() && !has_control && id.find("::") == std::string_view::npos;
  if (delimiter == ' ') fits = fits && is_bare;
  if (delimiter == '\t') fits = fits && !holds_any(id, "\"#%") && trim(id) == id;
  if (delimiter == ',') fits = fits && !holds_any(id, ";");
  if (!fits)
    throw InvalidData(source, 0,
                      "the id " + data::quoted(id) + " would not be read back from text " +
                          (delimiter == ','    ? "with commas"
                           : delimiter == '\t' ? "with tabs"
                                               : "with blanks") +
                          ": .rfe holds any id");
  if (delimiter != ',' || is_bare) return std::string(id);
  std::string quoted = "\"";
  for (const char c : id) quoted += c == '"' ? std::string(2, '"') : std::string(1, c);
  return quoted + '"';
}

/// All names of a side; empty: the index is the name.
std::vector<std::string> fields_of(const Ids& ids, char delimiter, const std::string& source) {
  std::vector<std::string> fields;
  if (ids.is_range()) return fields;
  for (std::int64_t k = 0; k < ids.size(); ++k) fields.push_back(field_of(ids.name(k), delimiter, source));
  return fields;
}

/// The shortest text that reads as the same number.
template <class Number>
void append(std::string& to, Number number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  to.append(digits.data(), end);
}

}  // namespace

void write_delimited(const std::filesystem::path& file, const Entries& entries, char delimiter) {
  const auto rows = fields_of(entries.row_ids, delimiter, entries.source),
             cols = fields_of(entries.col_ids, delimiter, entries.source);
  const auto append_id = [&](std::string& line, const std::vector<std::string>& names, std::int32_t index) {
    if (names.empty()) {
      append(line, index);
    } else {
      line += names[static_cast<std::size_t>(index)];
    }
    line += delimiter;
  };
  write_file_atomically(file, [&](FileWriter& out) {
    std::string line;
    if (!entries.times.empty()) {
      for (const char* name : {"row", "col", "value"}) (line += name) += delimiter;
      out.write(line + "time\n");
    }
    for (std::size_t p = 0; p < entries.values.size(); ++p) {
      line.clear();
      append_id(line, rows, entries.rows[p]);
      append_id(line, cols, entries.cols[p]);
      append(line, entries.values[p]);
      if (!entries.times.empty()) append(line += delimiter, entries.times[p]);
      out.write(line += '\n');
    }
  });
}

void write_scipy_npz(const std::filesystem::path& file, const Entries& entries) {
  const auto require_indices = [&](const Ids& ids, const char* side) {
    const auto* numbers = ids.as_numbers();
    const bool are_indices =
        ids.is_range() ||
        (numbers != nullptr && (numbers->empty() || (numbers->front() == 0 && numbers->back() == ids.size() - 1)));
    if (!are_indices)
      throw InvalidData(
          entries.source, 0,
          std::string("its ") + side + " ids are names, for which .npz has no place: .rfe, .csv and .txt do");
  };
  require_indices(entries.row_ids, "row");
  require_indices(entries.col_ids, "column");
  if (!entries.times.empty())
    throw InvalidData(entries.source, 0, "it has times, for which .npz has no place: .rfe, .csv and .txt do");
  const std::array<std::int64_t, 2> shape{entries.num_rows, entries.num_cols};
  const std::vector<NamedArray> arrays{{"row", Array::of(std::span(entries.rows))},
                                       {"col", Array::of(std::span(entries.cols))},
                                       {"format", Array::scalar(std::string_view("coo"))},
                                       {"shape", Array::of(std::span<const std::int64_t>(shape))},
                                       {"data", Array::of(std::span(entries.values))}};
  write_npz(file, arrays);
}

}  // namespace rankfill::data
