// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "data/entry_columns.hpp"
#include "data/id_column.hpp"
#include "data/layout.hpp"
#include "data/line_map.hpp"
#include "data/number.hpp"
#include "data/parallel.hpp"
#include "data/plain_lines.hpp"
#include "data/readers.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

struct Chunk {
  EntryRange entries;
  IdColumn rows, cols;
  bool times_hold = true;  // no guess about the time column has failed
  LineMap lines;
};

struct Parser {
  const Layout& layout;
  const std::string& file;
  bool is_plain;    // row, col, value [, time] in this order and nothing else: the quick path may be tried
  bool plain_time;  // with a time
  Entries& entries;
  std::vector<TextTable> row_texts, col_texts;  // of each thread

  void operator()(std::string_view text, std::int64_t first_line, std::int64_t num_lines, Chunk& chunk, int worker);

 private:
  double* value_of(const Chunk& chunk) const { return entries.values.data() + chunk.entries.first; }
  double* time_of(const Chunk& chunk) const { return entries.times.data() + chunk.entries.first; }

  void parse_plain(const char*& p, const char* end, std::size_t most, Chunk& chunk) const;
  template <class Cut>
  void parse_plain(const char*& p, const char* end, std::size_t most, Chunk& chunk, Cut cut) const;
  void parse_line(std::string_view line, std::int64_t number, Chunk& chunk) const;
  [[noreturn]] void fail(std::int64_t line, const std::string& found) const { throw InvalidData(file, line, found); }
};

/// As many lines of the commonest kind, plain numbers only, as there are up to the first other one, which parse_line then
/// decides about; `most` at most.
template <class Cut>
void Parser::parse_plain(const char*& p, const char* end, std::size_t most, Chunk& chunk, Cut cut) const {
  const std::size_t first = chunk.entries.count;
  double* const values = value_of(chunk) + first;
  double* const times = plain_time ? time_of(chunk) + first : nullptr;
  if (chunk.rows.kind() == IdColumn::Kind::narrow && chunk.cols.kind() == IdColumn::Kind::narrow) {
    constexpr std::uint64_t kSpan = std::uint64_t{1} << 31;
    const PlainColumns<std::int32_t> to{
        chunk.rows.keys() + first, chunk.cols.keys() + first, values, times, 0, kSpan, kSpan};
    chunk.entries.count += read_plain_lines(p, end, to, most, cut);
  } else {
    constexpr std::uint64_t kSpan = std::uint64_t{1} << 63;
    for (IdColumn* ids : {&chunk.rows, &chunk.cols}) {
      ids->make_wide();
      ids->reserve_wide(first + most);
    }
    const PlainColumns<std::int64_t> to{
        chunk.rows.wide().data() + first, chunk.cols.wide().data() + first, values, times, 0, kSpan, kSpan};
    chunk.entries.count += read_plain_lines(p, end, to, most, cut);
  }
  chunk.rows.set_size(chunk.entries.count);
  chunk.cols.set_size(chunk.entries.count);
}

void Parser::parse_plain(const char*& p, const char* end, std::size_t most, Chunk& chunk) const {
  if (chunk.rows.kind() == IdColumn::Kind::text || chunk.cols.kind() == IdColumn::Kind::text) return;
  switch (layout.separator) {
    case Separator::character:
      parse_plain(p, end, most, chunk, plain::CharacterCut{layout.character, layout.character});
      break;
    case Separator::blanks: parse_plain(p, end, most, chunk, plain::CharacterCut{' ', '\t'}); break;
    case Separator::double_colon: parse_plain(p, end, most, chunk, plain::DoubleColonCut{}); break;
  }
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
      }
    } else if (!parse_time(time_text, time)) {
      fail(number, "the time " + data::quoted(time_text) + " is neither a number nor a date");
    }
  }
  const auto add_id = [&](IdColumn& ids, std::string_view text, const char* side) {
    if (layout.unquotes()) text = unquote(text, scratch);
    if (text.empty()) fail(number, std::string("the ") + side + " id is empty");
    if (text.data() == scratch.data()) {
      ids.flush();
      ids.add(text);
    } else {
      ids.add_lasting(text);
    }
  };
  add_id(chunk.rows, field[0], "row");
  add_id(chunk.cols, field[1], "column");
  value_of(chunk)[chunk.entries.count] = value;
  if (layout.time >= 0) time_of(chunk)[chunk.entries.count] = time;
  ++chunk.entries.count;
}

void Parser::operator()(std::string_view text, std::int64_t first_line, std::int64_t num_lines, Chunk& chunk,
                        int worker) {
  chunk.rows.place(entries.rows.data() + chunk.entries.first, &row_texts[static_cast<std::size_t>(worker)]);
  chunk.cols.place(entries.cols.data() + chunk.entries.first, &col_texts[static_cast<std::size_t>(worker)]);
  chunk.lines.first_line = first_line;
  const char* p = text.data();
  const char* const end = p + text.size();
  // The quick path costs a look ahead, so after lines that are not for it, it is left alone for a while.
  constexpr std::size_t kLongestPause = 256;
  std::size_t pause = 0, paused = 0;
  for (std::int64_t number = first_line; p < end; ++number) {
    if (is_plain && paused++ >= pause) {
      const std::size_t before = chunk.entries.count;
      parse_plain(p, end, static_cast<std::size_t>(first_line + num_lines - number), chunk);
      const std::size_t lines = chunk.entries.count - before;
      number += static_cast<std::int64_t>(lines);
      pause = lines > pause ? 0 : std::min(2 * pause + 1, kLongestPause);
      paused = 0;
      if (p == end) break;
    }
    std::string_view rest(p, static_cast<std::size_t>(end - p));
    const std::string_view line = take_line(rest);
    p = rest.data();
    if (rest.empty()) p = end;
    if (trim(line).empty()) {
      chunk.lines.skip(number);
    } else {
      parse_line(line, number, chunk);
    }
  }
  chunk.rows.flush();
  chunk.cols.flush();
  chunk.lines.count = static_cast<std::int64_t>(chunk.entries.count);
}

}  // namespace

Entries read_delimited(LineReader& reader, const ReadOptions& options) {
  const Layout layout = detect_layout(reader, options);
  const bool in_order = layout.row == 0 && layout.col == 1 && layout.value == 2;
  const int threads = thread_count(options.threads);
  Entries entries;
  entries.source = reader.name();
  Parser parser{
      .layout = layout,
      .file = reader.name(),
      .is_plain = in_order && (layout.time == 3 || layout.time < 0) && layout.columns <= (layout.time == 3 ? 4 : 3),
      .plain_time = layout.time == 3,
      .entries = entries,
      .row_texts = std::vector<TextTable>(static_cast<std::size_t>(threads)),
      .col_texts = std::vector<TextTable>(static_cast<std::size_t>(threads))};
  auto chunks = parse_into<Chunk>(reader, options, entries, {.times = layout.time >= 0}, std::ref(parser));

  std::vector<IdColumn*> rows, cols;
  std::vector<LineMap> lines;
  bool times_hold = layout.time >= 0;
  for (Chunk& chunk : chunks) {
    chunk.rows.place(entries.rows.data() + chunk.entries.first, nullptr);
    chunk.cols.place(entries.cols.data() + chunk.entries.first, nullptr);
    rows.push_back(&chunk.rows);
    cols.push_back(&chunk.cols);
    lines.push_back(std::move(chunk.lines));
    times_hold = times_hold && chunk.times_hold;
  }
  if (!times_hold) std::vector<double>().swap(entries.times);
  if (entries.values.empty()) throw InvalidData(reader.name(), 0, "no entries");
  check_interrupt(options);
  entries.row_ids = index_in_place(rows, options.row_ids, threads, reader.name(), "row");
  check_interrupt(options);
  entries.col_ids = index_in_place(cols, options.col_ids, threads, reader.name(), "column");
  check_interrupt(options);
  entries.num_rows = entries.row_ids.size();
  entries.num_cols = entries.col_ids.size();
  if (const auto pair = merge_duplicates(entries, options.duplicates, threads)) {
    throw InvalidData(reader.name(), line_of(lines, pair->again),
                      describe_repeated_pair(entries, *pair, line_of(lines, pair->first)));
  }
  return entries;
}

}  // namespace rankfill::data
