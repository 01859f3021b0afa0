// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "data/readers.hpp"
#include "data/writers.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {

namespace {

std::string suffix_of(const std::filesystem::path& file) {
  std::string suffix = file.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(), [](unsigned char c) { return std::tolower(c); });
  return suffix;
}

/// What reading guarantees, of entries made in memory.
void require_writable(const Entries& entries) {
  const auto fail = [&](const std::string& found) { throw InvalidData(entries.source, 0, found); };
  if (entries.values.empty()) fail("no entries");
  const std::size_t count = entries.values.size();
  if (entries.rows.size() != count || entries.cols.size() != count ||
      (!entries.times.empty() && entries.times.size() != count))
    fail("rows, cols, values and times must have as many elements");
  const auto check = [&](const std::vector<std::int32_t>& indices, std::int64_t size, const Ids& ids,
                         const char* side) {
    if (ids.size() != 0 && ids.size() != size)
      fail(std::to_string(ids.size()) + " " + side + " ids for a side of " + std::to_string(size));
    for (const std::int32_t index : indices)
      if (index < 0 || index >= size)
        fail(std::string("a ") + side + " index is " + std::to_string(index) + ": only those from 0 to " +
             std::to_string(size - 1) + " can be written");
  };
  check(entries.rows, entries.num_rows, entries.row_ids, "row");
  check(entries.cols, entries.num_cols, entries.col_ids, "column");
  const auto is_infinite = [](double value) { return !(value - value == 0); };
  if (std::any_of(entries.values.begin(), entries.values.end(), is_infinite)) fail("a value is not finite");
  if (std::any_of(entries.times.begin(), entries.times.end(), is_infinite)) fail("a time is not finite");
  if (const auto pair = data::find_repeated_pair(entries)) fail(data::describe_repeated_pair(entries, *pair));
}

}  // namespace

Format data::format_to_write(const std::filesystem::path& file) {
  const std::string suffix = suffix_of(file);
  if (suffix == ".rfe") return Format::binary;
  if (suffix == ".npz") return Format::npz;
  if (suffix == ".csv" || suffix == ".tsv" || suffix == ".txt") return Format::delimited;
  throw InvalidOption("OUT", file.string(), "its name must end in .rfe, .csv, .tsv, .txt or .npz");
}

void write_entries(const std::filesystem::path& file, const Entries& entries, Format format) {
  if (format == Format::detect) format = data::format_to_write(file);
  if (format != Format::binary && format != Format::npz && format != Format::delimited)
    throw InvalidOption("output format", format == Format::npy ? "npy" : "mtx",
                        "entries are written as rfe, npz or text");
  require_writable(entries);
  if (format == Format::binary) return data::write_entry_file(file, entries);
  if (format == Format::npz) return data::write_scipy_npz(file, entries);
  const std::string suffix = suffix_of(file);
  data::write_delimited(file, entries, suffix == ".csv" ? ',' : suffix == ".tsv" ? '\t' : ' ');
}

}  // namespace rankfill
