// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <exception>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/devices.hpp"
#include "cli/exit_codes.hpp"
#include "cli/heatmap.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "cli/rescue.hpp"
#include "cli/stopwatch.hpp"
#include "cli/text.hpp"
#include "cli/tune_flags.hpp"
#include "cli/tune_report.hpp"
#include "data/atomic_file.hpp"
#include "rankfill/error.hpp"

namespace rankfill::cli {

namespace {

constexpr const char* kFooter = R"(
For every rank and weighting the lambdas are tried from large to small, each fit starting where the one before ended,
on data that are sorted once.  Every fit runs until its held-out RMSE has settled, and is judged there.  The best lambda
is refined, and the winner is fitted again, to all entries of FILE.

--table writes one line per point: weighting (0: plain, 1: count), rank, regularization, rmse, standard_error (with
--folds), train_rmse, iterations, passes, seconds, settled, refined, best.  --json prints one object: best, test_rmse,
train_rmse, termination, at_border, points (named as in the table), fit, options, by_hand, seconds, warnings.

Ctrl-C (or SIGTERM) ends the search: the best point so far is reported and saved, and the exit code is 130.

Examples:
  rankfill tune ratings.csv --model model.npz
  rankfill tune ratings.csv --ranks 16,32,64 --center bias --folds 5 --table grid.tsv --plot grid.svg
  rankfill tune train.csv --test test.csv --weightings count --lambdas 0.02,0.05,0.1,0.2 --json > tuned.json
)";

struct Flags {
  std::string file, model_file, table_file, plot_file;
  bool json = false, quiet = false;
  TuneFlags tune;
  ReadingFlags reading;
};

/// Everything that can be refused is refused here, before the slow part.
TuneOptions prepare(const Flags& flags) {
  TuneOptions options = flags.tune.options();
  options.solve.interrupt = &interrupt_flag();
  const std::vector<std::pair<const char*, std::string>> outputs{
      {"model", flags.model_file}, {"table", flags.table_file}, {"plot", flags.plot_file}};
  for (const std::string& input : {flags.file, flags.tune.validation_file, flags.tune.test_file}) {
    if (input.empty()) continue;
    require_readable(input);
    for (const auto& [field, output] : outputs) require_other_file(field, output, input);
  }
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const auto& [field, output] = outputs[k];
    if (output.empty()) continue;
    for (std::size_t other = 0; other < k; ++other)
      if (outputs[other].second == output)
        throw InvalidOption(field, output, std::string("is the ") + outputs[other].first + "'s file");
    require_writable(output);
  }
  require_device(options.solve.device);
  return options;
}

/// Says how far the search is: a line for each point, and on a terminal what the fit under way does.
class Progress {
 public:
  explicit Progress(Console& console) : console_(console) {}

  void point(const TuneProgress& progress) {
    done_ = progress.done;
    planned_ = progress.planned;
    best_ = rmse_text(progress.best) + " at " + point_text(progress.best);
    const std::string place = std::to_string(done_) + "/" + std::to_string(planned_);
    console_.line(std::string(place.size() < 7 ? 7 - place.size() : 0, ' ') + place + "  RMSE " +
                  rmse_text(progress.point) + "  " + point_text(progress.point) +
                  (&progress.point == &progress.best ? "  (best so far)" : ""));
  }

  void iteration(const IterationSummary& row) {
    const bool searching = row.holdout_rmse == row.holdout_rmse;
    std::string text = searching ? "point " + std::to_string(done_ + 1) : "fitting the best to all entries";
    if (searching && planned_ > done_) text += " of " + std::to_string(planned_);
    text += ": iteration " + std::to_string(row.iteration) + ", RMSE " +
            short_number(searching ? row.holdout_rmse : row.train_rmse, 5);
    if (searching && !best_.empty()) text += "; best " + best_;
    console_.live(text);
  }

 private:
  Console& console_;
  int done_ = 0, planned_ = 0;
  std::string best_;
};

/// Saves what was asked for.  Returns the first failure: the results are still to be told.
std::exception_ptr save(TuneOutcome& outcome) {
  const Stopwatch watch;
  std::exception_ptr failure;
  const auto attempt = [&](std::string& file, const auto& write, bool keeps_name) {
    if (file.empty()) return;
    try {
      write();
    } catch (const FileError&) {
      if (!keeps_name) file.clear();
      if (!failure) failure = std::current_exception();
    }
  };
  const auto write_text = [](const std::string& file, const std::string& text) {
    data::write_file_atomically(file, [&](data::FileWriter& out) { out.write(text); });
  };
  const TuneResult& tuned = outcome.tuned;
  attempt(
      outcome.model_file, [&] { save_or_rescue(outcome.model_file, tuned.result.model); }, true);
  attempt(
      outcome.table_file, [&] { write_text(outcome.table_file, table_text(tuned)); }, false);
  attempt(
      outcome.plot_file,
      [&] {
        const auto utf8 = [](const std::string& text) { return Json::parse(json_text(text)).get<std::string>(); };
        const std::string title = std::filesystem::path(outcome.file).filename().string();
        write_text(outcome.plot_file, heatmap_of(tuned, utf8(title) + ": held-out RMSE by lambda and rank",
                                                 utf8("held out: " + outcome.heldout_text + "; center ") +
                                                     std::string(to_string(tuned.options.center)) + "; " +
                                                     counted(static_cast<std::int64_t>(tuned.points.size()), "point") +
                                                     ", " + tuned.result.summary.device_used));
      },
      false);
  outcome.save_seconds = watch.seconds();
  return failure;
}

int run_tune(const Flags& flags) {
  const Stopwatch total;
  Console console(flags.quiet ? Console::Level::quiet : Console::Level::normal, flags.json);
  TuneOptions options = prepare(flags);
  TuneOutcome outcome;
  outcome.file = flags.file;
  outcome.test_file = flags.tune.test_file;
  outcome.heldout_text = flags.tune.heldout_text();
  outcome.model_file = flags.model_file;
  outcome.table_file = flags.table_file;
  outcome.plot_file = flags.plot_file;
  if (!flags.model_file.empty()) std::signal(SIGPIPE, SIG_IGN);  // `| head` ends the lines, not the search

  const Stopwatch reading_watch;
  ReadOptions reading = flags.reading.options(options.solve.threads);
  TrainTest& data = outcome.data;
  data.train = read_with_progress(flags.file, reading, console);
  reading.row_ids = &data.train.row_ids;
  reading.col_ids = &data.train.col_ids;
  std::optional<Entries> validation;
  if (!flags.tune.validation_file.empty())
    validation = read_with_progress(flags.tune.validation_file, reading, console);
  if (!flags.tune.test_file.empty()) data.test = read_with_progress(flags.tune.test_file, reading, console);
  measure_baseline(data);
  outcome.read_seconds = reading_watch.seconds();
  console.line(flags.file + ": " + with_commas(data.train.num_rows) + " x " + with_commas(data.train.num_cols) + ", " +
               counted(data.train.size(), "entry", "entries") + "; held out: " + outcome.heldout_text);

  Progress progress(console);
  options.solve.callback = [&](const IterationSummary& row) {
    progress.iteration(row);
    return CallbackAction::proceed;
  };
  options.callback = [&](const TuneProgress& point) {
    progress.point(point);
    return CallbackAction::proceed;
  };
  console.live("preparing ...");
  outcome.tuned = tune(data.train, options, validation ? &*validation : nullptr);
  console.erase();

  if (outcome.has_test()) outcome.test = evaluate(outcome.tuned.result.model, *data.test);
  const std::exception_ptr failure = save(outcome);
  outcome.total_seconds = total.seconds();
  tell_tuning(console, outcome);
  if (flags.json) write_output(json_text(tune_report(outcome)));
  if (failure) std::rethrow_exception(failure);
  console.check();
  if (outcome.tuned.termination == TuneTermination::interrupted) return kInterrupted;
  return outcome.tuned.result.summary.termination == Termination::breakdown ? kFailure : kOk;
}

}  // namespace

Command add_tune(CLI::App& program) {
  auto flags = std::make_shared<Flags>();
  CLI::App* parser =
      program.add_subcommand("tune", "Find lambda, weighting and rank by held-out RMSE, and fit the best");
  parser->footer(kFooter);
  parser
      ->add_option("FILE", flags->file,
                   "Observed entries: `row column value [time]` per line, or see --format; - reads standard input")
      ->required();
  flags->tune.add_to(*parser);
  const char* output = "Output";
  parser->add_option("--model,-o", flags->model_file, "Save the final model: an .npz that numpy.load opens")
      ->type_name("OUT.npz")
      ->group(output);
  parser->add_option("--table", flags->table_file, "Write all points as tab-separated text")
      ->type_name("OUT.tsv")
      ->group(output);
  parser->add_option("--plot", flags->plot_file, "Draw a heat map of held-out RMSE over lambda and rank")
      ->type_name("OUT.svg")
      ->group(output);
  parser->add_flag("--json", flags->json, "Print one JSON object on standard output; the lines go to standard error")
      ->group(output);
  parser->add_flag("--quiet,-q", flags->quiet, "Print errors only (and JSON, if asked for)")->group(output);
  flags->reading.add_to(*parser);
  return {parser, [flags] { return run_tune(*flags); }};
}

}  // namespace rankfill::cli
