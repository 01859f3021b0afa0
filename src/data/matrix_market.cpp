// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <limits>
#include <sstream>

#include "data/number.hpp"
#include "data/readers.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

/// The lines of the file one by one, with their numbers.
class Lines {
 public:
  Lines(LineReader& reader, const ReadOptions& options) : reader_(reader), options_(options), text_(reader.batch()) {
    number_ = reader.line() - 1;
  }
  /// The next line that is not blank; false at the end.
  bool next(std::string_view& line) {
    for (;;) {
      if (text_.empty()) {
        reader_.advance(number_ - reader_.line() + 1);
        check_interrupt(options_);
        if (options_.progress) options_.progress(reader_.bytes_done(), reader_.bytes_total());
        text_ = reader_.batch();
        if (text_.empty()) return false;
      }
      line = trim(take_line(text_));
      ++number_;
      if (!line.empty()) return true;
    }
  }
  std::int64_t number() const { return number_; }
  [[noreturn]] void fail(const std::string& found) const { throw InvalidData(reader_.name(), number_, found); }

 private:
  LineReader& reader_;
  const ReadOptions& options_;
  std::string_view text_;
  std::int64_t number_ = 0;
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

struct Banner {
  bool coordinate = true;
  double mirror = 0;  ///< 0: general; 1: symmetric; -1: skew-symmetric
};

Banner parse_banner(const Lines& lines, std::string_view line) {
  std::string lower(line);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto w = words(lower);
  if (w.size() != 5 || w[0] != "%%matrixmarket" || w[1] != "matrix")
    lines.fail("not a MatrixMarket banner: \"%%MatrixMarket matrix coordinate|array real|integer general|symmetric\"");
  if (w[2] != "coordinate" && w[2] != "array") lines.fail("format " + data::quoted(w[2]) + ": coordinate or array");
  if (w[3] != "real" && w[3] != "integer" && w[3] != "double")
    lines.fail("field " + data::quoted(w[3]) + ": a value per entry is needed, real or integer");
  if (w[4] != "general" && w[4] != "symmetric" && w[4] != "skew-symmetric")
    lines.fail("symmetry " + data::quoted(w[4]) + ": general, symmetric or skew-symmetric");
  return {w[2] == "coordinate", w[4] == "general" ? 0.0 : w[4] == "symmetric" ? 1.0 : -1.0};
}

std::int64_t whole(const Lines& lines, std::string_view word, std::int64_t low, std::int64_t high, const char* what) {
  std::int64_t number = 0;
  if (!parse_whole(word, number) || number < low || number > high)
    lines.fail(std::string(what) + " " + data::quoted(word) + ": a whole number from " + std::to_string(low) + " to " +
               std::to_string(high) + " is needed");
  return number;
}

double real(const Lines& lines, std::string_view word) {
  double value = 0;
  if (!parse_real(word, value)) lines.fail("the value " + data::quoted(word) + " is not a finite number");
  return value;
}

void add(Entries& entries, double mirror, std::int64_t row, std::int64_t col, double value) {
  entries.rows.push_back(static_cast<std::int32_t>(row));
  entries.cols.push_back(static_cast<std::int32_t>(col));
  entries.values.push_back(value);
  if (mirror != 0 && row != col) add(entries, 0, col, row, mirror * value);
}

}  // namespace

Entries read_matrix_market(LineReader& reader, const ReadOptions& options) {
  Lines lines(reader, options);
  std::string_view line;
  if (!lines.next(line)) lines.fail("no entries");
  const Banner banner = parse_banner(lines, line);
  do {
    if (!lines.next(line)) lines.fail("ends before the line of sizes");
  } while (line.front() == '%');

  constexpr std::int64_t kMaxSide = std::numeric_limits<std::int32_t>::max();
  const auto sizes = words(line);
  if (sizes.size() != (banner.coordinate ? 3U : 2U))
    lines.fail("the line of sizes has " + std::to_string(sizes.size()) + " numbers");
  Entries entries;
  entries.source = reader.name();
  entries.num_rows = whole(lines, sizes[0], 0, kMaxSide, "number of rows");
  entries.num_cols = whole(lines, sizes[1], 0, kMaxSide, "number of columns");
  if (banner.mirror != 0 && entries.num_rows != entries.num_cols) lines.fail("a symmetric matrix must be square");

  if (banner.coordinate) {
    const std::int64_t count = whole(lines, sizes[2], 0, std::numeric_limits<std::int64_t>::max(), "number of entries");
    std::int64_t read = 0;
    while (lines.next(line)) {
      const auto w = words(line);
      if (w.size() != 3) lines.fail("has " + std::to_string(w.size()) + " columns: row, column and value are needed");
      if (++read > count) lines.fail("more than the " + std::to_string(count) + " entries that the header states");
      add(entries, banner.mirror, whole(lines, w[0], 1, entries.num_rows, "row") - 1,
          whole(lines, w[1], 1, entries.num_cols, "column") - 1, real(lines, w[2]));
    }
    if (read < count) lines.fail("ends after " + std::to_string(read) + " of " + std::to_string(count) + " entries");
  } else {
    // Column by column; of a symmetric matrix the lower triangle, of a skew one without the diagonal.
    for (std::int64_t col = 0; col < entries.num_cols; ++col)
      for (std::int64_t row = banner.mirror == 0  ? 0
                              : banner.mirror > 0 ? col
                                                  : col + 1;
           row < entries.num_rows; ++row) {
        if (!lines.next(line)) lines.fail("ends before the matrix is full");
        const double value = real(lines, line);
        if (options.missing && value == *options.missing) continue;
        add(entries, banner.mirror, row, col, value);
      }
    if (lines.next(line)) lines.fail("more values than the matrix holds");
  }
  if (entries.values.empty()) throw InvalidData(reader.name(), 0, "no entries");
  name_by_index(entries, options);
  require_resolved(entries, options);
  return entries;
}

}  // namespace rankfill::data
