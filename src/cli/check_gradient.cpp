// SPDX-License-Identifier: Apache-2.0
#include "rankfill/check_gradient.hpp"

#include <array>
#include <cstdio>
#include <memory>

#include "cli/commands.hpp"
#include "cli/devices.hpp"
#include "cli/exit_codes.hpp"
#include "cli/fit_flags.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace rankfill::cli {

namespace {

constexpr const char* kFooter = R"(
Each formulation is computed in float64 at a random point of your data, and held against finite differences of the
objective along a random direction:
  best error   the smallest relative difference over the steps tried; at most 1e-7 for a true gradient
  slope        of log |F(x + h d) - F(x) - h <grad, d>| against log h; 2 for a true gradient, 1 for a wrong one
The exit code is 0 when all pass and 1 otherwise.

Examples:
  rankfill check-gradient ratings.csv --rank 8
  rankfill check-gradient ratings.csv --weighting count --center bias --device cuda
)";

struct CheckFlags {
  std::string file;
  bool json = false, quiet = false;
  SolveFlags solve;
  ReadingFlags reading;
};

Json report_of(const CheckFlags& flags, const GradientCheck& check) {
  Json json;
  json["passed"] = check.passed;
  json["formulations"] = Json::array();
  for (const GradientCheckRow& row : check.rows) {
    const bool was_run = row.note.empty();
    Json one;
    one["formulation"] = row.formulation;
    one["passed"] = row.passed;
    one["best_relative_error"] = was_run ? Json(row.best_relative_error) : Json();
    one["remainder_slope"] = was_run ? Json(row.remainder_slope) : Json();
    one["note"] = was_run ? Json() : Json(row.note);
    json["formulations"].push_back(std::move(one));
  }
  json["file"] = flags.file;
  return json;
}

int run_check(const CheckFlags& flags) {
  Console console(flags.quiet ? Console::Level::quiet : Console::Level::normal, flags.json);
  Options options = flags.solve.options();
  options.interrupt = &interrupt_flag();
  require_readable(flags.file);
  require_device(options.device);
  const Entries entries = read_with_progress(flags.file, flags.reading.options(options.threads), console);
  const GradientCheck check = check_gradient(entries, options);

  std::array<char, 120> line{};
  std::snprintf(line.data(), line.size(), "%-12s  %10s  %6s  verdict", "formulation", "best error", "slope");
  console.line(console.bold(line.data()));
  for (const GradientCheckRow& row : check.rows) {
    if (row.note.empty()) {
      std::snprintf(line.data(), line.size(), "%-12s  %10.2e  %6.3f  ", row.formulation.c_str(),
                    row.best_relative_error, row.remainder_slope);
      console.line(line.data() + std::string(row.passed ? "passed" : "FAILED"));
    } else {
      std::snprintf(line.data(), line.size(), "%-12s  %10s  %6s  ", row.formulation.c_str(), "-", "-");
      console.line(line.data() + std::string(row.passed ? "" : "FAILED: ") + row.note);
    }
  }
  console.line(check.passed ? "The gradient is right."
                            : "The gradient is WRONG: please report this, with the options used.");
  if (flags.json) write_output(json_text(report_of(flags, check)));
  console.check();
  return check.passed ? kOk : kFailure;
}

}  // namespace

Command add_check_gradient(CLI::App& program) {
  auto flags = std::make_shared<CheckFlags>();
  flags->solve.defaults.rank = 8;
  CLI::App* parser =
      program.add_subcommand("check-gradient", "Hold every gradient against finite differences, on your data");
  parser->footer(kFooter);
  parser->add_option("FILE", flags->file, "Observed entries, as for fit; - reads standard input")->required();
  flags->solve.add_problem(*parser);
  parser->add_flag("--json", flags->json, "Print one JSON object on standard output");
  parser->add_flag("--quiet,-q", flags->quiet, "Print errors only (and JSON, if asked for)");
  flags->reading.add_to(*parser);
  return {parser, [flags] { return run_check(*flags); }};
}

}  // namespace rankfill::cli
