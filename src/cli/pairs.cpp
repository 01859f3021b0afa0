// SPDX-License-Identifier: Apache-2.0
#include "cli/pairs.hpp"

#include <algorithm>
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

using Fields = std::vector<std::string>;

/// Where the two ids stand on a line.
struct PairLayout {
  data::Layout cut;
  std::size_t row = 0, col = 1;
};

/// Is this first line a header?  Its fields are no ids of the model and no numbers, and where ids may be any text it
/// names the columns as headers do.
bool is_header(const Fields& fields, const data::NamedColumns& names, const Model& model) {
  double number = 0;
  const auto is_id = [&](const std::string& text, const Ids& ids) {
    return ids.find(std::string_view(text)) >= 0 || data::parse_real(text, number);
  };
  if (is_id(fields[0], model.row_ids) || is_id(fields[1], model.col_ids)) return false;
  const bool is_named = names.row >= 0 || names.col >= 0;
  return is_named || (model.row_ids.as_texts() == nullptr && model.col_ids.as_texts() == nullptr);
}

class PairReader {
 public:
  PairReader(const std::string& name, const std::string& delimiter, const Model& model)
      : name_(name), delimiter_(delimiter), model_(model) {}

  void take(std::string_view line, std::int64_t number, Pairs& pairs) {
    const bool is_first = !layout_;
    if (is_first) layout_ = PairLayout{cut_of(line, number)};
    const auto fields = data::fields_of(line, layout_->cut);
    const std::size_t needed = std::max(layout_->row, layout_->col) + 1;
    if (!fields || fields->size() < needed || (*fields)[layout_->row].empty() || (*fields)[layout_->col].empty())
      fail(line, number);
    if (is_first && is_placed_by_header(*fields)) return;
    const std::string &row = (*fields)[layout_->row], &col = (*fields)[layout_->col];
    pairs.rows.push_back(static_cast<std::int32_t>(model_.row_ids.find(std::string_view(row))));
    pairs.cols.push_back(static_cast<std::int32_t>(model_.col_ids.find(std::string_view(col))));
    pairs.row_names.push_back(row);
    pairs.col_names.push_back(col);
  }
  bool is_empty() const { return !layout_; }

 private:
  [[noreturn]] void fail(std::string_view line, std::int64_t number) const {
    throw InvalidData(name_, number, "expected a row id and a column id, found " + data::quoted(line));
  }

  data::Layout cut_of(std::string_view line, std::int64_t number) const {
    if (!delimiter_.empty()) return data::layout_of_delimiter(delimiter_);
    if (const auto cut = data::detect_delimiter(line, 2)) return *cut;
    fail(line, number);
  }

  /// Is it a header?  One that names both columns also says where they are.
  bool is_placed_by_header(const Fields& fields) {
    const data::NamedColumns names = data::name_columns(fields);
    if (!is_header(fields, names, model_)) return false;
    if (names.row >= 0 && names.col >= 0) {
      layout_->row = static_cast<std::size_t>(names.row);
      layout_->col = static_cast<std::size_t>(names.col);
    }
    return true;
  }

  const std::string& name_;
  const std::string& delimiter_;
  const Model& model_;
  std::optional<PairLayout> layout_;
};

}  // namespace

void read_pairs(const std::string& file, const std::string& delimiter, const Model& model,
                const std::function<void(const Pairs&)>& take) {
  const data::FileBytes bytes(file == "-" ? "/dev/stdin" : file, &interrupt_flag());
  data::LineReader lines(bytes);
  PairReader reader(lines.name(), delimiter, model);
  Pairs pairs;
  const auto flush = [&] {
    if (interrupt_flag()) throw Error("interrupted");
    take(pairs);
    pairs = {};
  };
  while (!lines.batch().empty()) {
    std::string_view rest = lines.batch();
    std::int64_t count = 0;
    while (!rest.empty()) {
      const std::int64_t number = lines.line() + count++;
      const std::string_view line = data::trim(data::take_line(rest));
      if (line.empty() || line.front() == '#' || line.front() == '%') continue;
      reader.take(line, number, pairs);
      if (pairs.size() == kPairsAtOnce) flush();
    }
    lines.advance(count);
  }
  if (reader.is_empty()) throw InvalidData(lines.name(), 0, "no pairs");
  flush();
}

}  // namespace rankfill::cli
