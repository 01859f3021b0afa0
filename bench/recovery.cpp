// SPDX-License-Identifier: Apache-2.0
// Exact recovery of planted matrices: sweeps until the error over *all* entries, observed or not, is small.
//
// usage: recovery [--out FILE] [--size N] [--rank N] [--seeds N] [--threads N] [--commit TEXT]
//        recovery --toy                        a check of the program at a small size
//
// `known`: the rank is given, and the unobserved entries are handed to solve() as held-out data, which it reports after every
// iteration and which stop nothing; the entries fitted are all that are observed.  `estimated`: solve() is given the observed
// entries and no rank.  A sweep is two passes, what one sweep of ALS costs; measurements that a fit does not need are not
// counted.

#include <fstream>
#include <limits>
#include <utility>

#include "bench/planted.hpp"
#include "bench/report.hpp"
#include "rankfill/rankfill.hpp"

namespace rankfill::bench {
namespace {

struct Plan {
  Arguments arguments;
  int size = 1000, rank = 10, seeds = 5, threads = 1;
  std::string commit = "unknown";
  std::vector<double> oversampling{2, 2.5, 3, 5, 10}, conditions{1, 10, 100, 1e4};

  static Plan parse(int argc, char** argv) {
    Plan plan;
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      const auto value = [&]() -> std::string {
        if (i + 1 >= argc) throw std::runtime_error(word + " needs a value");
        return argv[++i];
      };
      // clang-format off
      if (word == "--toy") plan.arguments.toy = true;
      else if (word == "--out") plan.arguments.out = value();
      else if (word == "--size") plan.size = std::stoi(value());
      else if (word == "--rank") plan.rank = std::stoi(value());
      else if (word == "--seeds") plan.seeds = std::stoi(value());
      else if (word == "--threads") plan.threads = std::stoi(value());
      else if (word == "--commit") plan.commit = value();
      else throw std::runtime_error("unknown argument " + word);
      // clang-format on
    }
    if (plan.arguments.toy) {
      plan.size = 80, plan.rank = 3, plan.seeds = 1;
      plan.oversampling = {5};
      plan.conditions = {1, 100};
    }
    return plan;
  }
};

Options options_of(const Plan& plan, std::uint64_t seed) {
  Options o;
  o.rank = plan.rank;
  o.seed = seed;
  o.threads = plan.threads;
  o.device = parse_device("cpu");
  o.max_iterations = 1000;
  o.recover.emplace();
  return o;
}

/// Every cell that is not observed.
Entries hidden(const Planted& planted) {
  const Entries& seen = planted.entries;
  Entries rest;
  rest.num_rows = seen.num_rows;
  rest.num_cols = seen.num_cols;
  std::size_t next = 0;  // the observed ones are in row-major order
  for (std::int32_t i = 0; i < seen.num_rows; ++i)
    for (std::int32_t j = 0; j < seen.num_cols; ++j) {
      if (next < seen.values.size() && seen.rows[next] == i && seen.cols[next] == j) {
        ++next;
        continue;
      }
      rest.rows.push_back(i);
      rest.cols.push_back(j);
      rest.values.push_back(planted.left.row(i).dot(planted.right.row(j)));
    }
  return rest;
}

/// Sweeps until the relative error over all entries is at most `most`; null: never.
Json sweeps_to(const Summary& s, const Entries& rest, double norm, double most) {
  for (const IterationSummary& row : s.history) {
    const double squares = row.train_rmse * row.train_rmse * static_cast<double>(s.num_entries) +
                           row.holdout_rmse * row.holdout_rmse * static_cast<double>(rest.size());
    if (std::sqrt(squares) <= most * norm) return row.passes / 2;
  }
  return {};
}

Json outcome(const Planted& planted, const Result& result) {
  const Summary& s = result.summary;
  const Recovery& r = *s.recovery;
  return {{"sweeps", s.passes / 2},
          {"paths", r.paths},
          {"rank", r.rank},
          {"oversampling", r.oversampling},
          {"relative_error", planted.relative_error(result.model)},
          {"train_residual", r.train_residual},
          {"check_residual", r.check_residual},
          {"verdict", to_string(r.verdict)},
          {"termination", to_string(s.termination)}};
}

void run_case(Report& report, const Plan& plan, double oversampling, double condition, std::uint64_t seed) {
  const Planted planted(plan.size, plan.rank, condition, oversampling, seed);
  const Json parameters = {{"oversampling", oversampling}, {"condition", condition}, {"seed", seed}};
  const auto add = [&](const char* name, const Result& result) -> Json& {
    const Summary& s = result.summary;
    Json end = outcome(planted, result);
    // A verdict must be true; failing to recover is a result.
    const bool right = s.recovery->verdict != RecoveryVerdict::recovered || end["relative_error"].get<double>() <= 1e-8;
    Json& record = report.add(name, parameters, "entries", s.passes * static_cast<double>(s.num_entries),
                              {1, s.seconds.solve, s.seconds.solve, s.seconds.solve}, right);
    record["end"] = std::move(end);
    return record;
  };
  Options o = options_of(plan, seed);
  {
    const Entries rest = hidden(planted);
    const Result result = solve(planted.entries, o, &rest);
    const double norm = planted.left.norm();
    Json& record = add("known", result);
    record["sweeps_to_1e-6"] = sweeps_to(result.summary, rest, norm, 1e-6);
    record["sweeps_to_1e-10"] = sweeps_to(result.summary, rest, norm, 1e-10);
  }
  o.recover->estimate_rank = true;
  o.rank = 4 * plan.rank;
  add("estimated", solve(planted.entries, o));
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
  return "unknown";
}

int run(const Plan& plan) {
  Report report("recovery", plan.arguments);
  Json& header = report.header();
  header["commit"] = plan.commit;
  header["version"] = version();
  header["machine"] = {{"processor", processor()}, {"threads", plan.threads}};
  header["data"] = {{"size", plan.size}, {"rank", plan.rank}, {"seeds", plan.seeds}};
  try {
    for (const double oversampling : plan.oversampling)
      for (const double condition : plan.conditions)
        for (int seed = 0; seed < plan.seeds; ++seed)
          run_case(report, plan, oversampling, condition, static_cast<std::uint64_t>(seed));
  } catch (const std::exception& error) {
    report.fail(error.what());
  }
  return report.finish();
}

}  // namespace
}  // namespace rankfill::bench

int main(int argc, char** argv) try {
  return rankfill::bench::run(rankfill::bench::Plan::parse(argc, argv));
} catch (const std::exception& error) {
  std::fprintf(stderr, "recovery: %s\n", error.what());
  return 2;
}
