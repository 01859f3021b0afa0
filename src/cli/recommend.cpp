// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <span>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "data/parallel.hpp"
#include "rankfill/error.hpp"
#include "rankfill/model.hpp"
#include "rankfill/recommend.hpp"

namespace rankfill::cli {

namespace {

constexpr const char* kFooter = R"(
Written is `row<TAB>rank<TAB>column<TAB>prediction`, best first, for each row asked for.

Examples:
  rankfill recommend model.npz --rows 42,43 --exclude ratings.csv
  rankfill recommend model.npz --rows 'Smith, Anna' --rows=-7
  rankfill recommend model.npz --all --count 5 --json > top5.json
)";

struct RecommendFlags {
  std::string model_file, exclude_file;
  std::vector<std::string> rows;
  bool all = false, json = false, quiet = false;
  int count = 10, first = 0;
  ReadingFlags reading;
};

std::vector<std::int64_t> rows_asked_for(const RecommendFlags& flags, const Model& model) {
  std::vector<std::int64_t> rows;
  const std::int64_t leading = flags.all ? model.num_rows() : std::min<std::int64_t>(flags.first, model.num_rows());
  for (std::int64_t row = 0; row < leading; ++row) rows.push_back(row);
  const auto add = [&](std::string_view id) {
    rows.push_back(model.row_ids.find(id));
    if (rows.back() < 0)
      throw InvalidData(flags.model_file, 0, "there is no row \"" + std::string(id) + "\" in the model");
  };
  for (const std::string& text : flags.rows) {
    if (model.row_ids.find(std::string_view(text)) >= 0) {  // an id may have commas in it
      add(text);
      continue;
    }
    std::string_view rest = text;
    for (std::size_t comma = 0; (comma = rest.find(',')) != std::string_view::npos; rest.remove_prefix(comma + 1))
      add(rest.substr(0, comma));
    add(rest);
  }
  return rows;
}

std::string text_of(const Model& model, std::int64_t row, const std::vector<Recommendation>& best) {
  std::string text;
  const std::string start = model.row_ids.name(row) + "\t";
  int place = 0;
  for (const Recommendation& one : best) {
    text +=
        start + std::to_string(++place) + "\t" + model.col_ids.name(one.col) + "\t" + short_number(one.value, 7) + "\n";
  }
  return text;
}

Json json_of(const Model& model, std::int64_t row, const std::vector<Recommendation>& best) {
  Json json;
  json["row"] = model.row_ids.name(row);
  json["recommendations"] = Json::array();
  for (const Recommendation& one : best) {
    json["recommendations"].push_back(Json{{"col", model.col_ids.name(one.col)}, {"value", one.value}});
  }
  return json;
}

/// Writes part by part: all rows of a large model need not fit in memory as text.
void write_recommendations(const RecommendFlags& flags, const Model& model, const SeenColumns& seen, Console& console) {
  constexpr std::size_t kRowsAtOnce = 4096;
  const std::vector<std::int64_t> rows = rows_asked_for(flags, model);
  if (flags.json) write_output("{\"model\": " + json_line(flags.model_file) + ",\n\"rows\": [");
  for (std::size_t first = 0; first < rows.size(); first += kRowsAtOnce) {
    if (interrupt_flag()) throw Error("interrupted");
    if (rows.size() > kRowsAtOnce)
      console.live("recommending: row " + with_commas(static_cast<std::int64_t>(first)) + " of " +
                   with_commas(static_cast<std::int64_t>(rows.size())));
    const auto these = std::span(rows).subspan(first, std::min(kRowsAtOnce, rows.size() - first));
    const auto best = recommend(model, these, flags.count, seen);
    std::vector<std::string> texts(these.size());
    data::parallel_for(std::ssize(these), data::thread_count(0), [&](std::int64_t k) {
      const auto at = static_cast<std::size_t>(k);
      texts[at] = flags.json ? json_line(json_of(model, these[at], best[at])) : text_of(model, these[at], best[at]);
    });
    std::string part;
    for (std::size_t k = 0; k < texts.size(); ++k) {
      if (flags.json) part += first + k > 0 ? ",\n " : "\n ";
      part += texts[k];
    }
    console.erase();
    write_output(part);
  }
  if (flags.json) write_output("\n]}\n");
}

int run_recommend(const RecommendFlags& flags) {
  Console console(flags.quiet ? Console::Level::quiet : Console::Level::normal, true);
  if (flags.all + (flags.first != 0) + !flags.rows.empty() != 1)
    throw InvalidOption("rows", "", "give one of --rows ID,ID,..., --first N and --all");
  if (flags.first < 0) throw InvalidOption("first", std::to_string(flags.first), "must be >= 1");
  if (flags.count < 1) throw InvalidOption("count", std::to_string(flags.count), "must be >= 1");
  ReadOptions reading = flags.reading.options();
  if (!flags.exclude_file.empty()) require_readable(flags.exclude_file);
  const Model model = load_model(flags.model_file);
  SeenColumns seen;
  if (!flags.exclude_file.empty()) {
    reading.row_ids = &model.row_ids;
    reading.col_ids = &model.col_ids;
    seen = {read_with_progress(flags.exclude_file, reading, console), model};
  }
  write_recommendations(flags, model, seen, console);
  return kOk;
}

}  // namespace

Command add_recommend(CLI::App& program) {
  auto flags = std::make_shared<RecommendFlags>();
  CLI::App* parser =
      program.add_subcommand("recommend", "List the columns with the highest predictions for given rows");
  parser->footer(kFooter);
  parser->add_option("MODEL", flags->model_file, "A model that `rankfill fit --model` saved")->required();
  parser
      ->add_option("--rows", flags->rows,
                   "Row ids; may be given again. A text that is an id as it stands is not cut at its commas")
      ->type_name("ID,ID,...");
  parser->add_option("--first", flags->first, "The first rows of the model")->type_name("N");
  parser->add_flag("--all", flags->all, "All rows of the model");
  parser->add_option("--count,-n", flags->count, "Columns per row, at most")->type_name("N")->capture_default_str();
  parser
      ->add_option("--exclude", flags->exclude_file,
                   "Leave out each row's columns in this file, as a rule the training data")
      ->type_name("FILE");
  parser->add_flag("--json", flags->json,
                   "Print one JSON object: {model, rows: [{row, recommendations: [{col, value}]}]}");
  parser->add_flag("--quiet,-q", flags->quiet, "Print errors and recommendations only");
  flags->reading.duplicates = "last";  // only which pairs there are matters
  flags->reading.add_to(*parser);
  return {parser, [flags] { return run_recommend(*flags); }};
}

}  // namespace rankfill::cli
