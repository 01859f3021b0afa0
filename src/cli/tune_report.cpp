// SPDX-License-Identifier: Apache-2.0
#include "cli/tune_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <tuple>

#include "cli/text.hpp"

namespace rankfill::cli {

namespace {

std::string padded(const std::string& text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

std::string rmse_number(double rmse) {
  if (!std::isfinite(rmse)) return "broke down";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%#.5g", rmse);
  return text.data();
}

std::string convention_text(double weighting) {
  return weighting == 0 ? "plain lambda" : "lambda * n_i^" + short_number(weighting, 6);
}

/// Indices of the points by weighting, rank, lambda.
std::vector<std::size_t> in_order(const TuneResult& tuned) {
  std::vector<std::size_t> order(tuned.points.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  const auto key = [&](std::size_t k) {
    const TunePoint& p = tuned.points[k];
    return std::tuple(p.weighting, p.rank, p.regularization, k);
  };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

/// Lambda down, rank across.
void tell_grid(Console& console, const TuneResult& tuned, double weighting) {
  constexpr std::size_t kFirst = 22, kEach = 13;
  std::set<double> lambdas;
  std::set<int> ranks;
  for (const TunePoint& point : tuned.points) {
    if (point.weighting != weighting) continue;
    lambdas.insert(point.regularization);
    ranks.insert(point.rank);
  }
  std::string header = padded(convention_text(weighting), kFirst);
  for (const int rank : ranks) header += padded("rank " + std::to_string(rank), kEach - 1) + " ";
  header.pop_back();
  console.line(console.bold(header));
  for (const double lambda : lambdas) {
    std::string line = padded(short_number(lambda, 6), kFirst);
    for (const int rank : ranks) {
      const auto at = std::find_if(tuned.points.begin(), tuned.points.end(), [&](const TunePoint& p) {
        return p.weighting == weighting && p.rank == rank && p.regularization == lambda;
      });
      const bool there = at != tuned.points.end();
      const bool best = there && &*at == &tuned.winner();
      line += padded(there ? rmse_number(at->rmse) : "", kEach - 1) + (best ? "*" : " ");
    }
    while (line.ends_with(' ')) line.pop_back();
    console.line(line);
  }
}

std::string repeat_text(const TuneOutcome& outcome) {
  const Options& options = outcome.tuned.options;
  std::string text = "rankfill fit " + outcome.file + " --rank " + std::to_string(options.rank) + " --weighting " +
                     (options.weighting == 0   ? "plain"
                      : options.weighting == 1 ? "count"
                                               : short_number(options.weighting, 6)) +
                     " --regularization " + short_number(options.regularization, 6);
  if (options.center != Center::mean) text += " --center " + std::string(to_string(options.center));
  return text;
}

Json number_or_null(bool there, double value) { return there ? Json(value) : Json(); }
Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

const char* termination_text(TuneTermination termination) {
  switch (termination) {
    case TuneTermination::stopped_by_callback: return "stopped_by_callback";
    case TuneTermination::interrupted: return "interrupted";
    default: return "finished";
  }
}

Json point_report(const TunePoint& point) {
  Json json;
  json["rank"] = point.rank;
  json["convention"] = point.weighting == 0 ? "plain" : "weighted";
  json["weighting"] = point.weighting;
  json["regularization"] = point.regularization;
  json["rmse"] = point.rmse;
  json["standard_error"] = point.standard_error;
  json["train_rmse"] = point.train_rmse;
  json["iterations"] = point.iterations;
  json["passes"] = point.passes;
  json["seconds"] = point.seconds;
  json["settled"] = point.settled;
  json["refined"] = point.refined;
  return json;
}

Json seconds_report(const TuneOutcome& outcome) {
  Json seconds;
  seconds["read"] = outcome.read_seconds;
  seconds["prepare"] = outcome.tuned.prepare_seconds;
  seconds["search"] = outcome.tuned.search_seconds;
  seconds["fit"] = outcome.tuned.final_seconds;
  seconds["save"] = outcome.save_seconds;
  seconds["total"] = outcome.total_seconds;
  return seconds;
}

}  // namespace

std::string point_text(const TunePoint& point) {
  return "rank " + std::to_string(point.rank) + ", " + lambda_text(point.regularization, point.weighting);
}

std::string rmse_text(const TunePoint& point) {
  const std::string text = rmse_number(point.rmse);
  return std::isfinite(point.standard_error) ? text + " +- " + short_number(point.standard_error, 2) : text;
}

std::string table_text(const TuneResult& tuned) {
  std::string text =
      "weighting\trank\tregularization\trmse\tstandard_error\ttrain_rmse\titerations\tpasses\tseconds\t"
      "settled\trefined\tbest\n";
  for (const std::size_t k : in_order(tuned)) {
    const TunePoint& p = tuned.points[k];
    text += short_number(p.weighting, 6) + '\t' + std::to_string(p.rank) + '\t' + short_number(p.regularization, 9) +
            '\t' + short_number(p.rmse, 9) + '\t' + short_number(p.standard_error, 4) + '\t' +
            short_number(p.train_rmse, 9) + '\t' + std::to_string(p.iterations) + '\t' + short_number(p.passes, 9) +
            '\t' + short_number(p.seconds, 4) + '\t' + std::to_string(p.settled) + '\t' + std::to_string(p.refined) +
            '\t' + std::to_string(k == tuned.best) + '\n';
  }
  return text;
}

void tell_tuning(Console& console, const TuneOutcome& outcome) {
  const TuneResult& tuned = outcome.tuned;
  const Summary& summary = tuned.result.summary;
  std::set<double> weightings;
  for (const TunePoint& point : tuned.points) weightings.insert(point.weighting);
  console.line("");
  for (const double weighting : weightings) {
    tell_grid(console, tuned, weighting);
    console.line("");
  }
  if (tuned.termination == TuneTermination::interrupted)
    console.line("Interrupted: the best of the points that were done.");
  console.line("  best       " + console.bold(point_text(tuned.winner())) + ": held-out RMSE " +
               console.bold(rmse_text(tuned.winner())) + ", of " +
               counted(static_cast<std::int64_t>(tuned.points.size()), "point"));
  console.line("  held out   " + outcome.heldout_text + ": " + counted(tuned.num_heldout, "entry", "entries"));
  std::string rmse = "  final fit  training RMSE " + short_number(summary.train_rmse, 5);
  if (outcome.has_test()) {
    rmse += ", test " + console.bold(short_number(outcome.test.rmse, 5)) + "; the best constant " +
            short_number(outcome.data.baseline_rmse, 5);
  }
  console.line(rmse + " (" + counted(summary.iterations, "iteration") + ", " + summary.device_used + ")");
  if (summary.certificate) console.line("  optimum    " + describe(*summary.certificate));
  console.line("  by hand    " + repeat_text(outcome));
  if (!outcome.model_file.empty()) console.line("  model      " + outcome.model_file);
  if (!outcome.table_file.empty()) console.line("  table      " + outcome.table_file);
  if (!outcome.plot_file.empty()) console.line("  plot       " + outcome.plot_file);
  std::string times;
  const Json seconds = seconds_report(outcome);
  for (const auto& [stage, value] : seconds.items())
    times += (times.empty() ? "" : ", ") + stage + " " + duration(value.get<double>());
  console.line("  time       " + times);
  for (const std::string& warning : tuned.warnings) console.warn(warning);
  for (const std::string& warning : summary.warnings) console.warn(warning);
  if (outcome.model_file.empty()) console.line(console.faint("The model was not kept; --model OUT.npz saves it."));
}

Json tune_report(const TuneOutcome& outcome) {
  const TuneResult& tuned = outcome.tuned;
  const Summary& summary = tuned.result.summary;
  Json json;
  json["best"] = point_report(tuned.winner());
  json["test_rmse"] = number_or_null(outcome.has_test(), outcome.test.rmse);
  json["baseline_rmse"] = number_or_null(outcome.has_test(), outcome.data.baseline_rmse);
  json["train_rmse"] = summary.train_rmse;
  json["termination"] = termination_text(tuned.termination);
  json["at_border"] = tuned.at_border;
  json["file"] = outcome.file;
  json["held_out"] = outcome.heldout_text;
  json["held_out_entries"] = tuned.num_heldout;
  json["parts"] = tuned.parts;
  json["num_rows"] = summary.num_rows;
  json["num_cols"] = summary.num_cols;
  json["num_entries"] = outcome.data.train.size();
  json["test_entries"] = outcome.has_test() ? outcome.data.test->size() : 0;
  json["test_unseen"] = outcome.data.test_unseen;
  json["test"] = text_or_null(outcome.test_file);
  json["model"] = text_or_null(outcome.model_file);
  json["table"] = text_or_null(outcome.table_file);
  json["plot"] = text_or_null(outcome.plot_file);
  json["by_hand"] = repeat_text(outcome);
  json["seconds"] = seconds_report(outcome);
  json["device"] = summary.device_used;
  json["warnings"] = tuned.warnings;
  for (const std::string& warning : summary.warnings) json["warnings"].push_back(warning);
  json["points"] = Json::array();
  for (const std::size_t k : in_order(tuned)) json["points"].push_back(point_report(tuned.points[k]));
  Json fit;
  fit["iterations"] = summary.iterations;
  fit["passes"] = summary.passes;
  fit["objective"] = summary.objective;
  fit["relative_gradient"] = summary.relative_gradient;
  fit["termination"] = to_string(summary.termination);
  fit["certificate"] = certificate_report(summary);
  json["fit"] = std::move(fit);
  json["options"] = options_report(tuned.options, summary);
  return json;
}

}  // namespace rankfill::cli
