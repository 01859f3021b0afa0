// SPDX-License-Identifier: Apache-2.0
#include "cli/pairs.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

#include "cli/interrupt.hpp"
#include "data/layout.hpp"
#include "data/line_reader.hpp"
#include "data/number.hpp"
#include "rankfill/error.hpp"

namespace rankfill::cli {

namespace {

constexpr std::size_t kPairsAtOnce = std::size_t{1} << 16;

std::optional<data::Layout> layout_of(const std::string& delimiter) {
  data::Layout layout;
  if (delimiter == " ") return layout;
  layout.separator = delimiter == "::" ? data::Separator::double_colon : data::Separator::character;
  if (layout.separator == data::Separator::double_colon) return layout;
  if (delimiter != "," && delimiter != ";" && delimiter != "\t") return std::nullopt;
  layout.character = delimiter.front();
  layout.quotes = delimiter != "\t";
  return layout;
}

/// The first two fields of a line; nothing when there are fewer.
std::optional<std::array<std::string, 2>> two_fields(std::string_view line, const data::Layout& layout) {
  std::array<std::string, 2> fields;
  std::string scratch;
  const int columns = data::split_line(line, layout, [&](int column, std::string_view field) {
    if (column < 2) fields[static_cast<std::size_t>(column)] = data::unquote(field, scratch);
  });
  if (columns < 2 || fields[0].empty() || fields[1].empty()) return std::nullopt;
  return fields;
}

data::Layout detect(std::string_view line, const std::string& delimiter, const std::string& file, std::int64_t number) {
  if (!delimiter.empty()) {
    if (const auto layout = layout_of(delimiter)) return *layout;
    throw InvalidOption("delimiter", delimiter, "one of comma, tab, semicolon, space, ::");
  }
  for (const char* candidate : {"::", "\t", ";", ",", " "}) {
    const data::Layout layout = *layout_of(candidate);
    if (two_fields(line, layout)) return layout;
  }
  throw InvalidData(file, number, "expected a row id and a column id, found " + data::quoted(line));
}

/// Is this first line a header?  Its fields are no ids of the model and no numbers, and where ids may be any text they are
/// words that name a column.
bool is_header(const std::array<std::string, 2>& fields, const Model& model) {
  constexpr std::array kWords{"row", "user", "col", "item", "movie", "product", "customer"};
  double number = 0;
  const auto is_name = [&](std::string text, const Ids& ids) {
    if (ids.find(std::string_view(text)) >= 0 || data::parse_real(text, number)) return false;
    if (ids.as_texts() == nullptr) return true;
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::any_of(kWords.begin(), kWords.end(), [&](const char* word) { return text.starts_with(word); });
  };
  return is_name(fields[0], model.row_ids) && is_name(fields[1], model.col_ids);
}

}  // namespace

void read_pairs(const std::string& file, const std::string& delimiter, const Model& model,
                const std::function<void(const Pairs&)>& take) {
  const data::FileBytes bytes(file == "-" ? "/dev/stdin" : file);
  data::LineReader reader(bytes);
  if (reader.batch().starts_with("\xEF\xBB\xBF")) reader.skip(3, 0);  // the byte order mark of UTF-8
  std::optional<data::Layout> layout;
  Pairs pairs;
  const auto flush = [&] {
    if (interrupt_flag()) throw Error("interrupted");
    take(pairs);
    pairs = {};
  };
  while (!reader.batch().empty()) {
    std::string_view rest = reader.batch();
    std::int64_t lines = 0;
    while (!rest.empty()) {
      const std::int64_t number = reader.line() + lines++;
      const std::string_view line = data::trim(data::take_line(rest));
      if (line.empty() || line.front() == '#' || line.front() == '%') continue;
      const bool is_first = !layout;
      if (is_first) layout = detect(line, delimiter, reader.name(), number);
      const auto fields = two_fields(line, *layout);
      if (!fields)
        throw InvalidData(reader.name(), number, "expected a row id and a column id, found " + data::quoted(line));
      if (is_first && is_header(*fields, model)) continue;
      pairs.rows.push_back(static_cast<std::int32_t>(model.row_ids.find(std::string_view((*fields)[0]))));
      pairs.cols.push_back(static_cast<std::int32_t>(model.col_ids.find(std::string_view((*fields)[1]))));
      pairs.row_names.push_back((*fields)[0]);
      pairs.col_names.push_back((*fields)[1]);
      if (pairs.size() == kPairsAtOnce) flush();
    }
    reader.advance(lines);
  }
  if (!layout) throw InvalidData(reader.name(), 0, "no pairs");
  flush();
}

}  // namespace rankfill::cli
