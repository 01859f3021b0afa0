// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "data/id_column.hpp"
#include "data/layout.hpp"
#include "data/line_map.hpp"
#include "data/number.hpp"
#include "data/parallel.hpp"
#include "data/readers.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

struct Chunk {
  IdColumn rows, cols;
  std::vector<double> values, times;
  bool times_hold = true;  // no guess about the time column has failed
  LineMap lines;
};

struct Parser {
  const Layout& layout;
  const std::string& file;
  bool plain;       // row, col, value [, time] in this order and nothing else: the quick path may be tried
  bool plain_time;  // with a time

  void operator()(std::string_view text, std::int64_t first_line, std::int64_t num_lines, Chunk& chunk) const;

 private:
  template <Separator kSeparator>
  const char* parse_plain(const char* p, const char* end, Chunk& chunk) const;
  void parse_line(std::string_view line, std::int64_t number, Chunk& chunk) const;
  [[noreturn]] void fail(std::int64_t line, const std::string& found) const { throw InvalidData(file, line, found); }
};

template <Separator kSeparator>
inline const char* scan_separator(const char* p, const char* end, char character) {
  if constexpr (kSeparator == Separator::double_colon) {
    return end - p >= 2 && p[0] == ':' && p[1] == ':' ? p + 2 : nullptr;
  } else if constexpr (kSeparator == Separator::character) {
    return p < end && *p == character ? p + 1 : nullptr;
  } else {
    return scan_blanks(p, end);
  }
}

/// Reads the line at `p` if it is of the commonest kind, plain numbers only, and returns where the next one begins;
/// returns nullptr and adds nothing when it is not, and parse_line then decides.
template <Separator kSeparator>
const char* Parser::parse_plain(const char* p, const char* end, Chunk& chunk) const {
  std::int64_t row = 0, col = 0;
  double value = 0, time = 0;
  const char mark = layout.character;
  if (!(p = scan_whole(p, end, row)) || !(p = scan_separator<kSeparator>(p, end, mark))) return nullptr;
  if (!(p = scan_whole(p, end, col)) || !(p = scan_separator<kSeparator>(p, end, mark))) return nullptr;
  if (!(p = scan_real(p, end, value))) return nullptr;
  if (plain_time) {
    std::int64_t whole = 0;
    if (!(p = scan_separator<kSeparator>(p, end, mark)) || !(p = scan_whole(p, end, whole))) return nullptr;
    time = static_cast<double>(whole);
  }
  if (!(p = scan_newline(p, end))) return nullptr;
  chunk.rows.add(row);
  chunk.cols.add(col);
  chunk.values.push_back(value);
  if (plain_time && chunk.times_hold) chunk.times.push_back(time);
  return p;
}

void Parser::parse_line(std::string_view line, std::int64_t number, Chunk& chunk) const {
  std::array<std::string_view, 4> field;  // row, col, value, time
  const int columns = split_line(line, layout, [&](int column, std::string_view text) {
    if (column == layout.row) field[0] = text;
    if (column == layout.col) field[1] = text;
    if (column == layout.value) field[2] = text;
    if (column == layout.time) field[3] = text;
  });
  if (columns < 0) fail(number, "a quoted field does not end on its line");
  if (layout.columns > 0 && columns != layout.columns) {
    fail(number, "found " + std::to_string(columns) + " columns, but line " + std::to_string(layout.columns_line) +
                     " has " + std::to_string(layout.columns));
  }
  if (columns < layout.needed()) {
    fail(number,
         "found " + std::to_string(columns) + " columns, but column " + std::to_string(layout.needed()) + " is needed");
  }
  std::string scratch;
  double value = 0, time = 0;
  const std::string_view value_text = layout.unquotes() ? unquote(field[2], scratch) : field[2];
  if (!parse_real(value_text, value)) fail(number, bad_value(value_text));
  if (layout.time >= 0) {
    const std::string_view time_text = layout.unquotes() ? unquote(field[3], scratch) : field[3];
    std::int64_t whole = 0;
    if (layout.guess_time) {
      if (parse_whole(time_text, whole)) {
        time = static_cast<double>(whole);
      } else {
        chunk.times_hold = false;
        std::vector<double>().swap(chunk.times);
      }
    } else if (!parse_time(time_text, time)) {
      fail(number, "the time " + data::quoted(time_text) + " is neither a number nor a date");
    }
  }
  const auto add_id = [&](IdColumn& ids, std::string_view text, const char* side) {
    if (layout.unquotes()) text = unquote(text, scratch);
    if (text.empty()) fail(number, std::string("the ") + side + " id is empty");
    ids.add(text);
  };
  add_id(chunk.rows, field[0], "row");
  add_id(chunk.cols, field[1], "column");
  chunk.values.push_back(value);
  if (layout.time >= 0 && chunk.times_hold) chunk.times.push_back(time);
}

void Parser::operator()(std::string_view text, std::int64_t first_line, std::int64_t num_lines, Chunk& chunk) const {
  const auto lines = static_cast<std::size_t>(num_lines);
  chunk.rows.reserve(lines);
  chunk.cols.reserve(lines);
  chunk.values.reserve(lines);
  if (layout.time >= 0) chunk.times.reserve(lines);
  chunk.lines.first_line = first_line;
  for (std::int64_t number = first_line; !text.empty(); ++number) {
    if (plain) {
      const char *begin = text.data(), *end = begin + text.size();
      const char* next = nullptr;
      switch (layout.separator) {
        case Separator::character: next = parse_plain<Separator::character>(begin, end, chunk); break;
        case Separator::blanks: next = parse_plain<Separator::blanks>(begin, end, chunk); break;
        case Separator::double_colon: next = parse_plain<Separator::double_colon>(begin, end, chunk); break;
      }
      if (next != nullptr) {
        text.remove_prefix(static_cast<std::size_t>(next - begin));
        continue;
      }
    }
    const std::string_view line = take_line(text);
    if (trim(line).empty()) {
      chunk.lines.skip(number);
    } else {
      parse_line(line, number, chunk);
    }
  }
  chunk.lines.count = static_cast<std::int64_t>(chunk.values.size());
}

}  // namespace

Entries read_delimited(LineReader& reader, const ReadOptions& options) {
  const Layout layout = detect_layout(reader, options);
  const bool in_order = layout.row == 0 && layout.col == 1 && layout.value == 2;
  Parser parser{layout, reader.name(), false, layout.time == 3};
  parser.plain = in_order && (layout.time == 3 || layout.time < 0) && layout.columns <= (layout.time == 3 ? 4 : 3);

  auto chunks = parse_chunks<Chunk>(reader, options, parser);
  const int threads = thread_count(options.threads);

  Entries entries;
  entries.source = reader.name();
  std::vector<IdColumn*> rows, cols;
  std::vector<LineMap> lines;
  bool times_hold = layout.time >= 0;
  for (Chunk& chunk : chunks) {
    rows.push_back(&chunk.rows);
    cols.push_back(&chunk.cols);
    lines.push_back(std::move(chunk.lines));
    times_hold = times_hold && chunk.times_hold;
  }
  check_interrupt(options);
  auto row_side = index_ids(rows, options.row_ids, threads, reader.name(), "row");
  check_interrupt(options);
  auto col_side = index_ids(cols, options.col_ids, threads, reader.name(), "column");
  check_interrupt(options);
  entries.rows = std::move(row_side.indices);
  entries.cols = std::move(col_side.indices);
  entries.row_ids = std::move(row_side.ids);
  entries.col_ids = std::move(col_side.ids);
  entries.num_rows = entries.row_ids.size();
  entries.num_cols = entries.col_ids.size();
  entries.values = join(chunks, &Chunk::values, threads);
  if (times_hold) entries.times = join(chunks, &Chunk::times, threads);
  if (entries.values.empty()) throw InvalidData(reader.name(), 0, "no entries");

  if (const auto pair = merge_duplicates(entries, options.duplicates, threads)) {
    throw InvalidData(reader.name(), line_of(lines, pair->again),
                      describe_repeated_pair(entries, *pair, line_of(lines, pair->first)));
  }
  return entries;
}

}  // namespace rankfill::data
