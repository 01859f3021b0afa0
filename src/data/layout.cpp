// SPDX-License-Identifier: Apache-2.0
#include "data/layout.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include "rankfill/error.hpp"

namespace rankfill::data {

std::string_view unquote(std::string_view field, std::string& scratch) {
  if (field.size() < 2 || field.front() != '"' || field.back() != '"') return field;
  field = field.substr(1, field.size() - 2);
  if (field.find('"') == std::string_view::npos) return field;
  scratch.clear();
  for (std::size_t k = 0; k < field.size(); ++k) {
    scratch += field[k];
    if (field[k] == '"') ++k;  // the second of a pair
  }
  return scratch;
}

namespace {

using Fields = std::vector<std::string>;

/// Names the three columns go by in headers, in lower case with only letters and digits kept.
constexpr std::string_view kRowNames[] = {"row", "rows",   "rowid",    "rowindex",   "user",
                                          "uid", "userid", "customer", "customerid", "reviewerid"};
constexpr std::string_view kColumnNames[] = {
    "col",    "cols",     "colid",   "colindex", "column",    "columnid", "item",      "iid",
    "itemid", "movie",    "movieid", "product",  "productid", "book",     "bookid",    "isbn",
    "artist", "artistid", "joke",    "jokeid",   "asin",      "track",    "trackid",   "song",
    "songid", "anime",    "animeid", "game",     "gameid",    "business", "businessid"};
constexpr std::string_view kValueNames[] = {"value",      "values", "val",   "rating", "ratings",  "score",
                                            "bookrating", "entry",  "stars", "plays",  "playcount"};
constexpr std::string_view kTimeNames[] = {"timestamp", "time"};

template <std::size_t N>
int find_column(const Fields& header, const std::string_view (&names)[N]) {
  for (std::size_t k = 0; k < header.size(); ++k) {
    std::string plain;
    for (const char c : header[k]) {
      if (std::isalnum(static_cast<unsigned char>(c))) {
        plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
    }
    if (std::find(std::begin(names), std::end(names), plain) != std::end(names)) return static_cast<int>(k);
  }
  return -1;
}

}  // namespace

Layout layout_of_delimiter(std::string_view delimiter) {
  Layout layout;
  if (delimiter == " ") return layout;
  layout.separator = Separator::double_colon;
  if (delimiter == "::") return layout;
  if (delimiter != "," && delimiter != ";" && delimiter != "\t")
    throw InvalidOption("delimiter", data::quoted(delimiter), R"(one of "," "\t" ";" " " "::")");
  layout.separator = Separator::character;
  layout.character = delimiter.front();
  layout.quotes = delimiter != "\t";
  return layout;
}

std::optional<Fields> fields_of(std::string_view line, const Layout& layout) {
  Fields fields;
  std::string scratch;
  const int columns = split_line(line, layout, [&](int, std::string_view field) {
    fields.emplace_back(layout.unquotes() ? unquote(field, scratch) : field);
  });
  if (columns < 0) return std::nullopt;
  return fields;
}

// Tab before comma, because ids may hold commas.
std::optional<Layout> detect_delimiter(std::string_view line, std::size_t least_fields) {
  for (const std::string_view delimiter : {"::", "\t", ";", ",", " "}) {
    const Layout layout = layout_of_delimiter(delimiter);
    const auto fields = fields_of(line, layout);
    if (fields && fields->size() >= least_fields) return layout;
  }
  return std::nullopt;
}

NamedColumns name_columns(const Fields& header) {
  return {find_column(header, kRowNames), find_column(header, kColumnNames), find_column(header, kValueNames),
          find_column(header, kTimeNames)};
}

namespace {

bool looks_like_number(std::string_view field) {
  double number = 0;
  if (parse_real(field, number)) return true;
  std::string lower(field);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string_view unsigned_text = lower;
  if (unsigned_text.starts_with('-') || unsigned_text.starts_with('+')) unsigned_text.remove_prefix(1);
  constexpr std::string_view kWords[] = {"nan", "inf", "infinity", "na", "n/a", "null", "none", "nil", "?", ""};
  return std::find(std::begin(kWords), std::end(kWords), unsigned_text) != std::end(kWords);
}

/// A header has no numbers in it.  An empty field counts as one only where the value would be: pandas writes a header
/// whose first field is empty.
bool looks_like_header(const Fields& fields, std::size_t value) {
  for (std::size_t k = 0; k < fields.size(); ++k) {
    if (fields[k].empty() && k != value) continue;
    if (looks_like_number(fields[k])) return false;
  }
  return true;
}

void check_columns(const ReadOptions& options) {
  const auto check = [](const char* field, int column) {
    if (column < 0) throw InvalidOption(field, std::to_string(column), "columns count from 1; 0 means detect");
  };
  check("row_column", options.row_column);
  check("col_column", options.col_column);
  check("value_column", options.value_column);
  check("time_column", options.time_column);
  const int columns[] = {options.row_column, options.col_column, options.value_column, options.time_column};
  const char* names[] = {"row_column", "col_column", "value_column", "time_column"};
  for (int a = 0; a < 4; ++a) {
    for (int b = a + 1; b < 4; ++b) {
      if (columns[a] != 0 && columns[a] == columns[b]) {
        throw InvalidOption(names[b], std::to_string(columns[b]), std::string("already the ") + names[a]);
      }
    }
  }
}

/// Fills in row, col, value and time; returns whether the header named all of the three that the options left open.
bool place_columns(Layout& layout, const Fields& header, const ReadOptions& options) {
  const NamedColumns names = name_columns(header);
  layout.row = options.row_column > 0 ? options.row_column - 1 : names.row;
  layout.col = options.col_column > 0 ? options.col_column - 1 : names.col;
  layout.value = options.value_column > 0 ? options.value_column - 1 : names.value;
  layout.time = options.time_column > 0 ? options.time_column - 1 : names.time;
  const bool named = layout.row >= 0 && layout.col >= 0 && layout.value >= 0;
  // Those still open take the first columns nobody else has.  A column without a name is the row number of a data frame.
  const auto is_taken = [&](int column) {
    const auto at = static_cast<std::size_t>(column);
    return column == layout.row || column == layout.col || column == layout.value || column == layout.time ||
           (at < header.size() && header[at].empty());
  };
  int next = 0;
  for (int* column : {&layout.row, &layout.col, &layout.value}) {
    if (*column >= 0) continue;
    while (is_taken(next)) ++next;
    *column = next;
  }
  return named;
}

Fields require_fields(std::string_view line, const Layout& layout, const LineReader& reader) {
  auto fields = fields_of(line, layout);
  if (!fields) throw InvalidData(reader.name(), reader.line(), "a quoted field does not end on its line");
  return std::move(*fields);
}

}  // namespace

Layout detect_layout(LineReader& reader, const ReadOptions& options) {
  check_columns(options);
  const auto first = skip_to_content(reader, "#%");
  if (!first) throw InvalidData(reader.name(), 0, "no entries");

  auto layout = options.delimiter.empty() ? detect_delimiter(*first, 3) : layout_of_delimiter(options.delimiter);
  if (!layout) {
    throw InvalidData(
        reader.name(), reader.line(),
        "no delimiter cuts this line into the three columns row, column, value: " + data::quoted(trim(*first)));
  }

  const Fields head = require_fields(*first, *layout, reader);
  place_columns(*layout, head, options);
  const bool header = options.header.value_or(looks_like_header(head, static_cast<std::size_t>(layout->value)));
  const bool named = place_columns(*layout, header ? head : Fields{}, options) && header;

  Fields fields = head;
  if (header) {
    skip_line(reader);
    const auto second = skip_to_content(reader, "");
    if (!second) throw InvalidData(reader.name(), 0, "no entries");
    fields = require_fields(*second, *layout, reader);
  }
  const int columns = static_cast<int>(fields.size());
  layout->columns_line = reader.line();
  if (!header && options.time_column == 0 && columns == 4) {
    const int last = 3;
    layout->guess_time = layout->row != last && layout->col != last && layout->value != last;
    if (layout->guess_time) layout->time = last;
  }
  if (columns < layout->needed()) {
    throw InvalidData(reader.name(), reader.line(),
                      "column " + std::to_string(layout->needed()) + " is needed, but there are only " +
                          std::to_string(columns) + ": " +
                          data::quoted(trim(reader.batch().substr(0, reader.batch().find('\n')))));
  }
  if (!named) layout->columns = columns;
  return *layout;
}

}  // namespace rankfill::data
