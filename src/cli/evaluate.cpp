// SPDX-License-Identifier: Apache-2.0
#include "rankfill/evaluate.hpp"

#include <cmath>
#include <memory>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/reading.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace rankfill::cli {

namespace {

constexpr const char* kFooter = R"(
Ids are those of training; an entry with an unknown one is predicted by the mean and the biases that are known.

Examples:
  rankfill evaluate model.npz test.csv
  rankfill evaluate model.npz test.csv --json | jq .rmse
)";

struct EvaluateFlags {
  std::string model_file, file;
  bool json = false, quiet = false;
  ReadingFlags reading;
};

/// RMSE of predicting the model's mean for every entry.
double mean_rmse(const Model& model, const Entries& entries) {
  double squares = 0;
  for (const double value : entries.values) squares += (value - model.mean) * (value - model.mean);
  return std::sqrt(squares / static_cast<double>(entries.size()));
}

int run_evaluate(const EvaluateFlags& flags) {
  Console console(flags.quiet ? Console::Level::quiet : Console::Level::normal, flags.json);
  require_readable(flags.file);
  ReadOptions reading = flags.reading.options();
  const Model model = load_model(flags.model_file);
  reading.row_ids = &model.row_ids;
  reading.col_ids = &model.col_ids;
  const Entries entries = read_with_progress(flags.file, reading, console);
  const Evaluation result = evaluate(model, entries);
  const double baseline = mean_rmse(model, entries);

  console.line(flags.file + ": " + counted(result.num_entries, "entry", "entries") + ", " + with_commas(result.unseen) +
               " with an id that training never saw");
  console.line("  RMSE  " + console.bold(short_number(result.rmse, 6)) +
               "   (predicting the model's mean: " + short_number(baseline, 6) + ")");
  console.line("  MAE   " + short_number(result.mae, 6));
  if (flags.json) {
    Json json;
    json["rmse"] = result.rmse;
    json["mae"] = result.mae;
    json["baseline_rmse"] = baseline;
    json["num_entries"] = result.num_entries;
    json["unseen"] = result.unseen;
    json["model"] = flags.model_file;
    json["file"] = flags.file;
    write_output(json_text(json));
  }
  console.check();
  return kOk;
}

}  // namespace

Command add_evaluate(CLI::App& program) {
  auto flags = std::make_shared<EvaluateFlags>();
  CLI::App* parser = program.add_subcommand("evaluate", "Measure a model on a file of entries: RMSE, MAE");
  parser->footer(kFooter);
  parser->add_option("MODEL", flags->model_file, "A model that `rankfill fit --model` saved")->required();
  parser->add_option("FILE", flags->file, "Entries to compare with; - reads standard input")->required();
  parser->add_flag("--json", flags->json, "Print one JSON object on standard output");
  parser->add_flag("--quiet,-q", flags->quiet, "Print errors only (and JSON, if asked for)");
  flags->reading.add_to(*parser);
  return {parser, [flags] { return run_evaluate(*flags); }};
}

}  // namespace rankfill::cli
