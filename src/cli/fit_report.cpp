// SPDX-License-Identifier: Apache-2.0
#include "cli/fit_report.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cli/text.hpp"

namespace rankfill::cli {

namespace {

template <class Value>
Json or_null(bool there, const Value& value) {
  return there ? Json(value) : Json();
}

Json or_null(const std::string& text) { return or_null(!text.empty(), text); }

Json seconds_report(const FitOutcome& fit) {
  Json seconds;
  seconds["read"] = fit.read_seconds;
  seconds["prepare"] = fit.split_seconds + fit.summary.seconds.prepare;
  seconds["solve"] = fit.solve_seconds;
  seconds["save"] = fit.save_seconds;
  seconds["total"] = fit.total_seconds;
  return seconds;
}

std::string percent(double fraction) { return short_number(100 * fraction, 3) + "%"; }

/// " after 3 sweeps of ALS at 10 lambda"; empty without.
std::string warm_up_text(const WarmUpOptions& warm_up) {
  if (warm_up.sweeps == 0) return "";
  return " after " + counted(warm_up.sweeps, "sweep", "sweeps") + " of ALS at " + short_number(warm_up.factor) +
         " lambda";
}

/// " from a sketch"; empty from random numbers.
std::string init_text(Init init) { return init == Init::sketch ? " from a sketch" : ""; }

/// "10", and how it came about.
std::string rank_text(const FitOutcome& fit) {
  const Options& options = fit.options;
  const std::string rank = std::to_string(options.rank);
  if (options.recover && options.recover->estimate_rank)
    return (fit.summary.recovery ? "(estimated) " : "at most ") + rank;
  return (options.grow_rank ? "(auto) " : "") + rank;
}

}  // namespace

void tell_data(Console& console, const FitOutcome& fit) {
  const Entries& train = fit.data.train;
  const auto [low, high] = std::minmax_element(train.values.begin(), train.values.end());
  const auto count = static_cast<double>(train.size());
  const double mean = std::accumulate(train.values.begin(), train.values.end(), 0.0) / count;
  const double density = count / static_cast<double>(train.num_rows) / static_cast<double>(train.num_cols);
  std::string line = fit.file + ": " + with_commas(train.num_rows) + " x " + with_commas(train.num_cols) + ", " +
                     counted(train.size(), "entry", "entries") + " (" + percent(density) + "), values " +
                     short_number(*low) + " .. " + short_number(*high) + ", mean " + short_number(mean);
  if (fit.has_test()) {
    line += "; " + fit.heldout_name + " " + counted(fit.data.test->size(), "entry", "entries") + ", " +
            with_commas(fit.data.test_unseen) + " of them in rows or columns that training never saw";
  }
  console.line(line);
}

std::string problem_text(const FitOutcome& fit, double lambda) {
  const Options& options = fit.options;
  std::string convention = lambda_text(std::abs(lambda), options.weighting);
  if (lambda < 0) convention.replace(convention.find("= ") + 2, short_number(std::abs(lambda), 6).size(), "auto");
  if (options.recover) convention = "lambda to 0";
  const auto* descent = std::get_if<GradientDescentOptions>(&options.solver);
  const auto resolved = [](std::string_view asked, const std::string& used) {
    return used.empty() || used == asked ? std::string(asked) : used + " (" + std::string(asked) + ")";
  };
  return resolved(solver_name(options.solver), fit.summary.solver_used) +
         (descent && descent->momentum > 0 ? " with momentum " + short_number(descent->momentum) : "") +
         init_text(options.init) + warm_up_text(options.warm_up) + ", rank " + rank_text(fit) + ", " + convention +
         ", center " + std::string(to_string(options.center)) + ", " +
         resolved(to_string(options.precision), fit.summary.precision_used);
}

void tell_result(Console& console, const FitOutcome& fit) {
  const Summary& summary = fit.summary;
  console.line("");
  console.line(summary.message);
  const bool chosen = fit.options.regularization < 0 && !fit.options.recover;
  console.line("  problem    " + problem_text(fit, summary.regularization) + (chosen ? " (lambda: auto)" : ""));
  if (!summary.solver_reason.empty())
    console.line("  method     " + summary.solver_used + ": " + summary.solver_reason);
  console.line("  ran on     " + summary.device_used + ", formulation " + summary.formulation_used + ", " +
               bytes_text(summary.device_bytes));
  console.line("  objective  " + short_number(summary.objective, 7) + ", relative gradient " +
               short_number(summary.relative_gradient, 3) + ", " + short_number(summary.passes) + " passes");
  if (summary.certificate) console.line("  optimum    " + describe(*summary.certificate));
  if (summary.recovery) console.line("  recovery   " + describe(*summary.recovery));
  std::string rmse = "  RMSE       training " + short_number(summary.train_rmse, 5);
  if (fit.has_test()) {
    const double gain = 1 - fit.test.rmse / fit.data.baseline_rmse;
    rmse += ", " + fit.heldout_name + " " + console.bold(short_number(fit.test.rmse, 5)) + "; the best constant " +
            short_number(fit.data.baseline_rmse, 5);
    if (std::isfinite(gain)) rmse += " (" + percent(std::abs(gain)) + (gain >= 0 ? " better)" : " worse)");
  }
  console.line(rmse);
  if (!fit.model_file.empty()) console.line("  model      " + fit.model_file);
  if (!fit.plot_file.empty()) console.line("  plot       " + fit.plot_file);
  const Json seconds = seconds_report(fit);
  std::string times;
  for (const auto& [stage, value] : seconds.items()) {
    times += (times.empty() ? "" : ", ") + stage + " " + duration(value.get<double>());
  }
  console.line("  time       " + times);
  for (const std::string& warning : summary.warnings) console.warn(warning);
  if (fit.has_test() && fit.test.rmse >= fit.data.baseline_rmse) {
    console.warn("the model predicts no better than a constant: try a larger --regularization or a smaller --rank");
  }
  if (fit.model_file.empty()) console.line(console.faint("The model was not kept; --model OUT.npz saves it."));
}

Json fit_report(const FitOutcome& fit) {
  const Summary& summary = fit.summary;
  const bool tested = fit.has_test();
  Json json;
  json["test_rmse"] = or_null(tested, fit.test.rmse);
  json["train_rmse"] = summary.train_rmse;
  json["baseline_rmse"] = or_null(tested, fit.data.baseline_rmse);
  json["objective"] = summary.objective;
  json["relative_gradient"] = summary.relative_gradient;
  json["iterations"] = summary.iterations;
  json["passes"] = summary.passes;
  json["termination"] = to_string(summary.termination);
  json["message"] = summary.message;
  json["seconds"] = seconds_report(fit);
  json["file"] = fit.file;
  json["num_rows"] = summary.num_rows;
  json["num_cols"] = summary.num_cols;
  json["num_entries"] = summary.num_entries;
  json["test_entries"] = tested ? fit.data.test->size() : 0;
  json["test_unseen"] = fit.data.test_unseen;
  json["device"] = summary.device_used;
  json["device_bytes"] = summary.device_bytes;
  json["device_memory"] = memory_report(summary);
  json["formulation"] = summary.formulation_used;
  json["solver"] = summary.solver_used;
  json["solver_reason"] = or_null(summary.solver_reason);
  json["precision"] = summary.precision_used;
  json["model"] = or_null(fit.model_file);
  json["plot"] = or_null(fit.plot_file);
  json["certificate"] = certificate_report(summary);
  json["recovery"] = recovery_report(summary);
  json["warnings"] = summary.warnings;
  json["options"] = options_report(fit.options, summary);
  json["options"]["test"] = or_null(fit.heldout.test_file);
  json["options"]["holdout"] = or_null(fit.heldout.fraction.has_value(), fit.heldout.fraction.value_or(0));
  json["options"]["holdout_time"] =
      or_null(fit.heldout.latest_fraction.has_value(), fit.heldout.latest_fraction.value_or(0));
  json["history"] = history_report(summary);
  return json;
}

}  // namespace rankfill::cli
