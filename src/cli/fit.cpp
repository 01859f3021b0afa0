// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <exception>
#include <filesystem>
#include <limits>
#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/devices.hpp"
#include "cli/exit_codes.hpp"
#include "cli/fit_flags.hpp"
#include "cli/fit_report.hpp"
#include "cli/interrupt.hpp"
#include "cli/plot.hpp"
#include "cli/progress.hpp"
#include "cli/reading.hpp"
#include "cli/rescue.hpp"
#include "cli/stopwatch.hpp"
#include "data/atomic_file.hpp"
#include "rankfill/error.hpp"
#include "rankfill/memory_plan.hpp"

namespace rankfill::cli {

namespace {

constexpr const char* kFooter = R"(
--json prints one object: test_rmse, train_rmse, baseline_rmse, objective, relative_gradient, iterations, passes,
termination, solver, solver_reason, precision, seconds {read, prepare, solve, save, total}, num_rows, num_cols,
num_entries, test_entries, test_unseen, device, device_memory {planned, free, held, preparing, solving} in bytes,
formulation, model, plot, certificate, recovery, warnings, message, options (all of them, with the lambda used and its convention),
history.

Ctrl-C (or SIGTERM) stops after the current iteration; the best model so far is saved and reported, and the exit code is
130.  A model that cannot be saved where it should, for example on a full disk, is saved in the folder for temporary files.

Examples:
  rankfill fit ratings.csv --holdout 0.1 --model model.npz
  rankfill fit train.tsv --test test.tsv --rank 64 --weighting count --regularization 0.05 --center bias
  rankfill fit ratings.dat.gz --holdout-time 0.2 --device cuda --plot fit.svg --json > fit.json
)";

struct FitFlags {
  std::string file, model_file, plot_file;
  bool json = false, quiet = false, verbose = false;
  SolveFlags solve;
  ReadingFlags reading;
  HeldoutFlags heldout;
};

/// Everything that can be refused is refused here, before the slow part.
FitOutcome prepare(const FitFlags& flags) {
  FitOutcome fit;
  fit.file = flags.file;
  fit.model_file = flags.model_file;
  fit.plot_file = flags.plot_file;
  fit.heldout = flags.heldout;
  fit.options = flags.solve.options();
  fit.options.interrupt = &interrupt_flag();
  fit.heldout.check();
  for (const std::string& input : {flags.file, flags.heldout.test_file}) {
    if (input.empty()) continue;
    require_readable(input);
    require_other_file("model", flags.model_file, input);
    require_other_file("plot", flags.plot_file, input);
  }
  if (!flags.model_file.empty() && flags.model_file == flags.plot_file) {
    throw InvalidOption("plot", flags.plot_file, "is the model's file");
  }
  if (!flags.model_file.empty()) require_writable(flags.model_file);
  if (!flags.plot_file.empty()) require_writable(flags.plot_file);
  require_device(fit.options.device);
  return fit;
}

void read_data(FitOutcome& fit, const FitFlags& flags, Console& console) {
  ReadOptions reading = flags.reading.options(fit.options.threads);
  const Stopwatch watch;
  Entries entries = read_with_progress(flags.file, reading, console);
  TrainTest& data = fit.data;
  if (!fit.heldout.test_file.empty()) {
    data.train = std::move(entries);
    reading.row_ids = &data.train.row_ids;
    reading.col_ids = &data.train.col_ids;
    data.test = read_with_progress(fit.heldout.test_file, reading, console);
    fit.heldout_name = "test";
  }
  fit.read_seconds = watch.seconds();

  const Stopwatch split_watch;
  if (fit.heldout.fraction || fit.heldout.latest_fraction) {
    Split split = fit.heldout.fraction ? split_by_fraction(std::move(entries), *fit.heldout.fraction, fit.options.seed)
                                       : split_by_time(std::move(entries), *fit.heldout.latest_fraction);
    data.train = std::move(split.train);
    data.test = std::move(split.holdout);
    data.steers = true;
    fit.heldout_name = "held-out";
  } else if (fit.heldout.test_file.empty()) {
    data.train = std::move(entries);
  }
  measure_baseline(data);
  fit.split_seconds = split_watch.seconds();

  if (data.test && !data.steers) {  // a test set is looked at, and decides nothing
    fit.options.keep_best = false;
    fit.options.patience = std::numeric_limits<int>::max();
  }
}

Model solve_data(FitOutcome& fit, Console& console) {
  const Stopwatch watch;
  IterationTable table(console, fit.has_test() ? fit.heldout_name + " RMSE" : "");
  console.live("preparing ...");
  fit.options.callback = [&](const IterationSummary& row) {
    table.row(row);
    return CallbackAction::proceed;
  };
  Result result = solve(std::move(fit.data.train), fit.options, fit.test_data());
  fit.options.callback = nullptr;
  fit.options.rank = result.model.rank();
  if (!result.summary.history.empty()) table.finish(result.summary.history.back());
  fit.summary = std::move(result.summary);
  fit.solve_seconds = watch.seconds() - fit.summary.seconds.prepare;
  return std::move(result.model);
}

/// Saves what was asked for.  Returns the first failure: the results are still to be told.
std::exception_ptr save(FitOutcome& fit, const Model& model) {
  const Stopwatch watch;
  std::exception_ptr failure;
  try {
    if (!fit.model_file.empty()) save_or_rescue(fit.model_file, model);
  } catch (const FileError&) {
    failure = std::current_exception();
  }
  if (!fit.plot_file.empty()) {
    const std::string title = std::filesystem::path(fit.file).filename().string();
    const std::string subtitle = problem_text(fit, fit.summary.regularization) + "; " + fit.summary.device_used;
    const std::string svg =
        plot_of(fit.summary, title, subtitle, fit.has_test() ? fit.heldout_name : "", fit.data.steers);
    try {
      data::write_file_atomically(fit.plot_file, [&](data::FileWriter& out) { out.write(svg); });
    } catch (const FileError&) {
      fit.plot_file.clear();
      if (!failure) failure = std::current_exception();
    }
  }
  fit.save_seconds = watch.seconds();
  return failure;
}

int run_fit(const FitFlags& flags) {
  const Stopwatch total;
  Console console(flags.quiet     ? Console::Level::quiet
                  : flags.verbose ? Console::Level::verbose
                                  : Console::Level::normal,
                  flags.json);
  FitOutcome fit = prepare(flags);
  if (!flags.model_file.empty()) std::signal(SIGPIPE, SIG_IGN);  // `| head` ends the table, not the fit
  read_data(fit, flags, console);
  tell_data(console, fit);
  console.line(problem_text(fit, fit.options.regularization));
  if (const auto free = free_device_bytes(fit.options.device))
    console.line("device memory: " + describe(plan_device_memory(fit.data.train, fit.options, fit.test_data()), *free));
  console.line("");
  const Model model = solve_data(fit, console);
  if (fit.has_test()) fit.test = evaluate(model, *fit.data.test);
  const std::exception_ptr failure = save(fit, model);
  fit.total_seconds = total.seconds();
  tell_result(console, fit);
  if (flags.json) write_output(json_text(fit_report(fit)));
  if (failure) std::rethrow_exception(failure);
  console.check();
  if (fit.summary.termination == Termination::interrupted) return kInterrupted;
  return fit.summary.termination == Termination::breakdown ? kFailure : kOk;
}

}  // namespace

Command add_fit(CLI::App& program) {
  auto flags = std::make_shared<FitFlags>();
  CLI::App* parser = program.add_subcommand("fit", "Fit a low-rank model to the observed entries of a matrix");
  parser->footer(kFooter);
  parser
      ->add_option("FILE", flags->file,
                   "Observed entries: `row column value [time]` per line, or see --format; - reads standard input")
      ->required();
  flags->heldout.add_to(*parser);
  flags->solve.add_problem(*parser);
  flags->solve.add_method(*parser);
  const char* output = "Output";
  parser->add_option("--model,-o", flags->model_file, "Save the model: an .npz that numpy.load opens")
      ->type_name("OUT.npz")
      ->group(output);
  parser->add_option("--plot", flags->plot_file, "Draw objective and RMSE against seconds and against passes")
      ->type_name("OUT.svg")
      ->group(output);
  parser->add_flag("--json", flags->json, "Print one JSON object on standard output; the table goes to standard error")
      ->group(output);
  auto* quiet =
      parser->add_flag("--quiet,-q", flags->quiet, "Print errors only (and JSON, if asked for)")->group(output);
  parser->add_flag("--verbose,-v", flags->verbose, "Print every iteration")->group(output)->excludes(quiet);
  flags->reading.add_to(*parser);
  return {parser, [flags] { return run_fit(*flags); }};
}

}  // namespace rankfill::cli
