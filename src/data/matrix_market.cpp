// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "data/entry_columns.hpp"
#include "data/line_map.hpp"
#include "data/number.hpp"
#include "data/parallel.hpp"
#include "data/plain_lines.hpp"
#include "data/readers.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMostOfSide = std::numeric_limits<std::int32_t>::max();

/// A place in a file, for what is wrong there.
struct Place {
  const std::string& file;
  std::int64_t line;

  [[noreturn]] void fail(const std::string& found) const { throw InvalidData(file, line, found); }

  std::int64_t whole(std::string_view word, std::int64_t low, std::int64_t high, const char* what) const {
    std::int64_t number = 0;
    if (!parse_whole(word, number) || number < low || number > high)
      fail(std::string(what) + " " + data::quoted(word) + ": a whole number from " + std::to_string(low) + " to " +
           std::to_string(high) + " is needed");
    return number;
  }
  double real(std::string_view word) const {
    double value = 0;
    if (!parse_real(word, value)) fail(bad_value(word));
    return value;
  }
};

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  while (!(line = trim(line)).empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    found.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return found;
}

struct Header {
  bool coordinate = true;
  double mirror = 0;  ///< 0: general; 1: symmetric; -1: skew-symmetric
  std::int64_t num_rows = 0, num_cols = 0;
  std::int64_t count = 0;  ///< lines that follow
};

void parse_banner(const Place& at, std::string_view line, Header& header) {
  std::string lower(line);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto w = words(lower);
  if (w.size() != 5 || w[0] != "%%matrixmarket" || w[1] != "matrix")
    at.fail("not a MatrixMarket banner: \"%%MatrixMarket matrix coordinate|array real|integer general|symmetric\"");
  if (w[2] != "coordinate" && w[2] != "array") at.fail("format " + data::quoted(w[2]) + ": coordinate or array");
  if (w[3] != "real" && w[3] != "integer" && w[3] != "double")
    at.fail("field " + data::quoted(w[3]) + ": a value per entry is needed, real or integer");
  if (w[4] != "general" && w[4] != "symmetric" && w[4] != "skew-symmetric")
    at.fail("symmetry " + data::quoted(w[4]) + ": general, symmetric or skew-symmetric");
  header.coordinate = w[2] == "coordinate";
  header.mirror = w[4] == "general" ? 0 : w[4] == "symmetric" ? 1 : -1;
}

/// Takes banner, comments and the line of sizes off the front of the file.
Header read_header(LineReader& reader) {
  Header header;
  const auto banner = skip_to_content(reader, "");
  if (!banner) throw InvalidData(reader.name(), 0, "no entries");
  parse_banner({reader.name(), reader.line()}, *banner, header);
  skip_line(reader);

  const auto sizes_line = skip_to_content(reader, "%");
  const Place at{reader.name(), reader.line()};
  if (!sizes_line) at.fail("ends before the line of sizes");
  const auto sizes = words(*sizes_line);
  if (sizes.size() != (header.coordinate ? 3U : 2U))
    at.fail("the line of sizes has " + std::to_string(sizes.size()) + " numbers");
  header.num_rows = at.whole(sizes[0], 0, kMostOfSide, "number of rows");
  header.num_cols = at.whole(sizes[1], 0, kMostOfSide, "number of columns");
  if (header.mirror != 0 && header.num_rows != header.num_cols) at.fail("a symmetric matrix must be square");
  if (header.coordinate) {
    header.count = at.whole(sizes[2], 0, kMost, "number of entries");
  } else {
    // Of a symmetric matrix the lower triangle is written, of a skew one without the diagonal.
    const std::int64_t n = header.num_rows;
    header.count = header.mirror == 0 ? n * header.num_cols : header.mirror > 0 ? n * (n + 1) / 2 : n * (n - 1) / 2;
  }
  skip_line(reader);
  return header;
}

struct Chunk {
  EntryRange entries;
  LineMap lines;
};

/// Writes entries one after another.
struct Writer {
  std::int32_t *rows, *cols;
  double* values;
  std::size_t count = 0;

  void add(double mirror, std::int64_t row, std::int64_t col, double value) {
    rows[count] = static_cast<std::int32_t>(row);
    cols[count] = static_cast<std::int32_t>(col);
    values[count++] = value;
    if (mirror != 0 && row != col) add(0, col, row, mirror * value);
  }
};

struct Parser {
  const Header& header;
  const std::string& file;
  Entries& entries;

  void operator()(std::string_view text, std::int64_t first_line, std::int64_t num_lines, Chunk& chunk, int) const {
    const std::size_t first = chunk.entries.first;
    Writer to{entries.rows.data() + first, entries.cols.data() + first, entries.values.data() + first};
    chunk.lines.first_line = first_line;
    const char* p = text.data();
    const char* const end = p + text.size();
    for (std::int64_t number = first_line; p < end; ++number) {
      const auto left = static_cast<std::size_t>(first_line + num_lines - number);
      const std::size_t plain = header.coordinate ? parse_plain(p, end, left, to) : parse_values(p, end, to);
      number += static_cast<std::int64_t>(plain);
      chunk.lines.count += static_cast<std::int64_t>(plain);
      if (p == end) break;
      std::string_view rest(p, static_cast<std::size_t>(end - p));
      const std::string_view line = trim(take_line(rest));
      p = end - rest.size();
      if (line.empty()) {
        chunk.lines.skip(number);
        continue;
      }
      const Place at{file, number};
      if (header.coordinate) {
        parse_entry(at, line, to);
      } else {
        to.values[to.count++] = at.real(line);
      }
      ++chunk.lines.count;
    }
    chunk.entries.count = to.count;
  }

 private:
  /// As many lines of three plain numbers in range as there are up to the first other one, which parse_entry then decides
  /// about; `most` at most.  Returns how many.
  std::size_t parse_plain(const char*& p, const char* end, std::size_t most, Writer& to) const {
    constexpr plain::CharacterCut cut{' ', '\t'};
    const auto num_rows = static_cast<std::uint64_t>(header.num_rows),
               num_cols = static_cast<std::uint64_t>(header.num_cols);
    if (header.mirror == 0) {
      const PlainColumns<std::int32_t> columns{
          to.rows + to.count, to.cols + to.count, to.values + to.count, nullptr, 1, num_rows, num_cols};
      const std::size_t lines = read_plain_lines(p, end, columns, most, cut);
      to.count += lines;
      return lines;
    }
    constexpr std::size_t kAtOnce = 4096;
    std::array<std::int32_t, kAtOnce> rows, cols;
    std::array<double, kAtOnce> values;
    const PlainColumns<std::int32_t> columns{rows.data(), cols.data(), values.data(), nullptr, 1, num_rows, num_cols};
    std::size_t lines = 0;
    for (std::size_t more = kAtOnce; more == kAtOnce; lines += more) {
      more = read_plain_lines(p, end, columns, std::min(kAtOnce, most - lines), cut);
      for (std::size_t k = 0; k < more; ++k) to.add(header.mirror, rows[k], cols[k], values[k]);
    }
    return lines;
  }

  /// The same for an array: lines of one plain number.
  static std::size_t parse_values(const char*& p, const char* end, Writer& to) {
    const std::size_t before = to.count;
    for (const char* next = p; next < end; p = next, ++to.count) {
      if (!(next = scan_real(p, end, to.values[to.count])) || !(next = scan_newline(next, end))) break;
    }
    return to.count - before;
  }

  void parse_entry(const Place& at, std::string_view line, Writer& to) const {
    const auto w = words(line);
    if (w.size() != 3) at.fail("has " + std::to_string(w.size()) + " columns: row, column and value are needed");
    const std::int64_t row = at.whole(w[0], 1, header.num_rows, "row") - 1,
                       col = at.whole(w[1], 1, header.num_cols, "column") - 1;
    to.add(header.mirror, row, col, at.real(w[2]));
  }
};

/// The values of an array, column by column, as entries.
void place_array(const Header& header, const std::optional<double>& missing, Entries& entries) {
  const std::vector<double> values = std::move(entries.values);
  entries.values.clear();
  const auto add = [&](std::int64_t row, std::int64_t col, double value) {
    entries.rows.push_back(static_cast<std::int32_t>(row));
    entries.cols.push_back(static_cast<std::int32_t>(col));
    entries.values.push_back(value);
  };
  auto value = values.begin();
  for (std::int64_t col = 0; col < header.num_cols; ++col) {
    const std::int64_t first = header.mirror == 0 ? 0 : header.mirror > 0 ? col : col + 1;
    for (std::int64_t row = first; row < header.num_rows; ++row, ++value) {
      if (missing && *value == *missing) continue;
      add(row, col, *value);
      if (header.mirror != 0 && row != col) add(col, row, header.mirror * *value);
    }
  }
}

/// The line of an entry; mirrored entries follow the one they come from.
std::int64_t line_of(const std::vector<LineMap>& lines, const Header& header, const Entries& entries,
                     std::int64_t entry) {
  std::int64_t written = -1;
  for (std::int64_t p = 0; p <= entry; ++written) {
    const auto at = static_cast<std::size_t>(p);
    p += header.mirror != 0 && entries.rows[at] != entries.cols[at] ? 2 : 1;
  }
  return data::line_of(lines, written);
}

}  // namespace

Entries read_matrix_market(LineReader& reader, const ReadOptions& options) {
  const Header header = read_header(reader);
  const int threads = thread_count(options.threads);
  Entries entries;
  entries.source = reader.name();
  entries.num_rows = header.num_rows;
  entries.num_cols = header.num_cols;
  auto chunks =
      parse_into<Chunk>(reader, options, entries,
                        {.indices = header.coordinate, .per_line = header.coordinate && header.mirror != 0 ? 2 : 1},
                        Parser{header, reader.name(), entries});

  std::vector<LineMap> lines;
  std::int64_t count = 0;
  for (Chunk& chunk : chunks) {
    count += chunk.lines.count;
    lines.push_back(std::move(chunk.lines));
  }
  if (count > header.count) {
    throw InvalidData(reader.name(), data::line_of(lines, header.count),
                      "more than the " + std::to_string(header.count) + " entries that the header states");
  }
  if (count < header.count) {
    throw InvalidData(reader.name(), 0,
                      "ends after " + std::to_string(count) + " of " + std::to_string(header.count) + " entries");
  }
  if (count == 0) throw InvalidData(reader.name(), 0, "no entries");

  if (!header.coordinate) place_array(header, options.missing, entries);
  if (entries.values.empty()) throw InvalidData(reader.name(), 0, "no entries");
  check_interrupt(options);
  name_by_index(entries, options);
  if (const auto pair = merge_duplicates(entries, options.duplicates, threads)) {
    throw InvalidData(reader.name(), line_of(lines, header, entries, pair->again),
                      describe_repeated_pair(entries, *pair, line_of(lines, header, entries, pair->first)));
  }
  return entries;
}

}  // namespace rankfill::data
