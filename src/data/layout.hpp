// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/line_reader.hpp"
#include "data/number.hpp"
#include "rankfill/io.hpp"

namespace rankfill::data {

enum class Separator { character, blanks, double_colon };

/// Where the fields of a line of entries are.  Columns are zero-based.
struct Layout {
  Separator separator = Separator::blanks;
  char character = ',';  ///< the one of Separator::character
  bool quotes = false;   ///< may a quoted field hold the character, and "" for a quote?

  /// Are quotes around a field no part of it?  With tabs, too, where a quoted field has none inside.
  bool unquotes() const { return separator == Separator::character; }

  int row = 0, col = 1, value = 2;
  int time = -1;            ///< -1: there is none
  bool guess_time = false;  ///< the time column is a time only if it holds whole numbers throughout the file

  int columns = 0;                ///< every data line has this many; 0: as many as are needed, or more
  std::int64_t columns_line = 0;  ///< the line that showed it

  int needed() const { return 1 + std::max(std::max(row, col), std::max(value, time)); }
};

/// The layout that cuts at `delimiter`: "," "\t" ";" " " or "::".
/// *Throws* InvalidOption for any other.
Layout layout_of_delimiter(std::string_view delimiter);

/// The first delimiter that cuts the line into `least_fields` or more; nothing when none does.
std::optional<Layout> detect_delimiter(std::string_view line, std::size_t least_fields);

/// The fields of a line, unquoted; nothing when a quoted field does not end where it should.
std::optional<std::vector<std::string>> fields_of(std::string_view line, const Layout& layout);

/// Which columns a header names, by the names that are usual; -1: none.
struct NamedColumns {
  int row = -1, col = -1, value = -1, time = -1;
};
NamedColumns name_columns(const std::vector<std::string>& header);

/// Works out the layout from the options and the first lines, and moves `reader` to the first data line: past comments
/// (# or %), blank lines and the header.
/// *Throws* InvalidOption (a delimiter or column that cannot be), InvalidData (file, line, found).
Layout detect_layout(LineReader& reader, const ReadOptions& options);

/// Calls take(column, field) for each field of `line`, ends trimmed, quotes still on.  Returns the number of columns, or
/// -1 when a quoted field does not end where it should.
template <class Take>
int split_line(std::string_view line, const Layout& layout, const Take& take) {
  int column = 0;
  if (layout.separator == Separator::blanks) {
    for (;;) {
      line = trim(line);
      if (line.empty()) return column;
      std::size_t length = 0;
      while (length < line.size() && !is_blank(line[length])) ++length;
      take(column++, line.substr(0, length));
      line.remove_prefix(length);
    }
  }
  for (;; ++column) {
    std::size_t end = 0;
    if (layout.separator == Separator::double_colon) {
      end = line.find("::");
    } else {
      if (layout.quotes) {
        const std::size_t open = line.find_first_not_of(' ');
        if (open != std::string_view::npos && line[open] == '"') {
          std::size_t close = line.find('"', open + 1);
          while (close != std::string_view::npos && close + 1 < line.size() && line[close + 1] == '"') {
            close = line.find('"', close + 2);
          }
          if (close == std::string_view::npos) return -1;
          end = close + 1;
          while (end < line.size() && line[end] != layout.character && is_blank(line[end])) ++end;
          if (end < line.size() && line[end] != layout.character) return -1;
        }
      }
      end = line.find(layout.character, end);
    }
    take(column, trim(line.substr(0, end)));
    if (end == std::string_view::npos) return column + 1;
    line.remove_prefix(end + (layout.separator == Separator::double_colon ? 2 : 1));
  }
}

/// The text of a field: without its quotes, if it has any.  `scratch` may hold the result.
std::string_view unquote(std::string_view field, std::string& scratch);

}  // namespace rankfill::data
