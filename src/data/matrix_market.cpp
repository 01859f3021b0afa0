// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "data/line_map.hpp"
#include "data/number.hpp"
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
  std::vector<std::int32_t> rows, cols;  // of an array: empty
  std::vector<double> values;
  LineMap lines;
};

void add(Chunk& to, double mirror, std::int64_t row, std::int64_t col, double value) {
  to.rows.push_back(static_cast<std::int32_t>(row));
  to.cols.push_back(static_cast<std::int32_t>(col));
  to.values.push_back(value);
  if (mirror != 0 && row != col) add(to, 0, col, row, mirror * value);
}

struct Parser {
  const Header& header;
  const std::string& file;

  void operator()(std::string_view text, std::int64_t first_line, std::int64_t num_lines, Chunk& chunk) const {
    const auto entries = static_cast<std::size_t>(header.mirror == 0 ? num_lines : 2 * num_lines);
    chunk.values.reserve(entries);
    if (header.coordinate) {
      chunk.rows.reserve(entries);
      chunk.cols.reserve(entries);
    }
    chunk.lines.first_line = first_line;
    for (std::int64_t number = first_line; !text.empty(); ++number) {
      const char* begin = text.data();
      if (const char* next = header.coordinate ? parse_plain(begin, begin + text.size(), chunk) : nullptr) {
        text.remove_prefix(static_cast<std::size_t>(next - begin));
        ++chunk.lines.count;
        continue;
      }
      const std::string_view line = trim(take_line(text));
      if (line.empty()) {
        chunk.lines.skip(number);
        continue;
      }
      const Place at{file, number};
      header.coordinate ? parse_entry(at, line, chunk) : chunk.values.push_back(at.real(line));
      ++chunk.lines.count;
    }
  }

 private:
  /// The line at `p` if it is three plain numbers in range: where the next one begins.  nullptr, and nothing added, when
  /// it is not, and parse_entry then decides.
  const char* parse_plain(const char* p, const char* end, Chunk& chunk) const {
    std::int64_t row = 0, col = 0;
    double value = 0;
    if (!(p = scan_whole(p, end, row)) || !(p = scan_blanks(p, end))) return nullptr;
    if (!(p = scan_whole(p, end, col)) || !(p = scan_blanks(p, end))) return nullptr;
    if (!(p = scan_real(p, end, value)) || !(p = scan_newline(p, end))) return nullptr;
    if (row < 1 || row > header.num_rows || col < 1 || col > header.num_cols) return nullptr;
    add(chunk, header.mirror, row - 1, col - 1, value);
    return p;
  }

  void parse_entry(const Place& at, std::string_view line, Chunk& chunk) const {
    const auto w = words(line);
    if (w.size() != 3) at.fail("has " + std::to_string(w.size()) + " columns: row, column and value are needed");
    const std::int64_t row = at.whole(w[0], 1, header.num_rows, "row") - 1,
                       col = at.whole(w[1], 1, header.num_cols, "column") - 1;
    add(chunk, header.mirror, row, col, at.real(w[2]));
  }
};

/// The values of an array, column by column, as entries.
Chunk place_array(const Header& header, const std::vector<double>& values, const std::optional<double>& missing) {
  Chunk placed;
  auto value = values.begin();
  for (std::int64_t col = 0; col < header.num_cols; ++col) {
    const std::int64_t first = header.mirror == 0 ? 0 : header.mirror > 0 ? col : col + 1;
    for (std::int64_t row = first; row < header.num_rows; ++row, ++value) {
      if (!missing || *value != *missing) add(placed, header.mirror, row, col, *value);
    }
  }
  return placed;
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
  auto chunks = parse_chunks<Chunk>(reader, options, Parser{header, reader.name()});

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

  const int threads = thread_count(options.threads);
  Entries entries;
  entries.source = reader.name();
  entries.num_rows = header.num_rows;
  entries.num_cols = header.num_cols;
  entries.values = join(chunks, &Chunk::values, threads);
  if (header.coordinate) {
    entries.rows = join(chunks, &Chunk::rows, threads);
    entries.cols = join(chunks, &Chunk::cols, threads);
  } else {
    Chunk placed = place_array(header, entries.values, options.missing);
    entries.rows = std::move(placed.rows);
    entries.cols = std::move(placed.cols);
    entries.values = std::move(placed.values);
  }
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
