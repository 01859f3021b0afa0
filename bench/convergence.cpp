// SPDX-License-Identifier: Apache-2.0
// How near the optimum each method comes, against passes and seconds: every method from the same seeded start, on one file.
//
// usage: convergence FILE --out DIR [--test FILE] [--methods NAME[:PASSES],...] [--seeds N] [--passes N] [--rank N]
//                    [--regularization L] [--weighting W] [--center C] [--precision P] [--gradient-tolerance T]
//                    [--device D] [--threads N] [--name TEXT] [--commit TEXT]
//        convergence --toy                     a check of the program on made entries
//
// DIR receives convergence.json; `bench/report.py convergence` makes tables and plots of it.  Held-out entries (--test) are
// reported and stop nothing.
//
// The reference optimum of a seed is the lowest objective that any float64 run reached, among them two long ones by two
// different methods from the lowest end.  Every run is also continued by a method other than its own: where that leads to an
// optimum above the reference, the run ended in another basin, and its gap is given to the optimum of its own as well.

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include "backend/cpu.hpp"
#include "bench/entries.hpp"
#include "bench/report.hpp"
#include "rankfill/rankfill.hpp"

namespace rankfill::bench {
namespace {

/// An optimum that is higher than the reference by more than this part of it, where the relative gradient is at most
/// kSmallGradient, is another one.
constexpr double kBasinThreshold = 1e-6, kSmallGradient = 1e-6;
constexpr double kPolishTolerance = 1e-8, kPolishPasses = 4000;

struct Method {
  std::string name;
  double most_passes;
};

struct Plan {
  std::string file, test_file, name, commit = "unknown";
  std::filesystem::path folder;
  std::string methods = "als,nesterov-als,anderson-als,vp-lbfgs";
  int seeds = 5;
  double passes = 600;
  bool toy = false;
  Options options{.rank = 16,
                  .regularization = 0.1,
                  .weighting = 1,
                  .precision = Precision::float64,
                  .max_iterations = std::numeric_limits<int>::max(),
                  .gradient_tolerance = 1e-6,
                  .patience = std::numeric_limits<int>::max(),
                  .keep_best = false};

  static Plan parse(int argc, char** argv) {
    Plan plan;
    Options& o = plan.options;
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      const auto value = [&]() -> std::string {
        if (i + 1 >= argc) throw std::runtime_error(word + " needs a value");
        return argv[++i];
      };
      // clang-format off
      if (word == "--toy") plan.toy = true;
      else if (word == "--out") plan.folder = value();
      else if (word == "--test") plan.test_file = value();
      else if (word == "--methods") plan.methods = value();
      else if (word == "--seeds") plan.seeds = std::stoi(value());
      else if (word == "--passes") plan.passes = std::stod(value());
      else if (word == "--rank") o.rank = std::stoi(value());
      else if (word == "--regularization") o.regularization = std::stod(value());
      else if (word == "--weighting") o.weighting = parse_weighting(value());
      else if (word == "--center") o.center = parse_center(value());
      else if (word == "--precision") o.precision = parse_precision(value());
      else if (word == "--gradient-tolerance") o.gradient_tolerance = std::stod(value());
      else if (word == "--device") o.device = parse_device(value());
      else if (word == "--threads") o.threads = std::stoi(value());
      else if (word == "--name") plan.name = value();
      else if (word == "--commit") plan.commit = value();
      else if (word.starts_with("--") || !plan.file.empty()) throw std::runtime_error("unknown argument " + word);
      else plan.file = word;
      // clang-format on
    }
    if (plan.toy) {
      plan.seeds = 1;
      plan.passes = 100;
      o.rank = 4;
      o.device = parse_device("cpu");
      o.threads = 1;
    } else if (plan.file.empty() || plan.folder.empty()) {
      throw std::runtime_error("usage: convergence FILE --out DIR [--test FILE] [options], or --toy");
    }
    if (plan.name.empty()) plan.name = plan.toy ? "toy" : std::filesystem::path(plan.file).stem().string();
    plan.parsed_methods();
    return plan;
  }

  /// "als:3000,vp-lbfgs" -> names with the most passes each may make.
  std::vector<Method> parsed_methods() const {
    std::vector<Method> parsed;
    std::istringstream words(methods);
    for (std::string word; std::getline(words, word, ',');) {
      const std::size_t colon = word.find(':');
      parsed.push_back({word.substr(0, colon), colon == word.npos ? passes : std::stod(word.substr(colon + 1))});
      parse_solver(parsed.back().name);  // throws when it is none
    }
    return parsed;
  }
};

struct Data {
  Entries train;
  std::optional<Entries> test;
};

Data read(const Plan& plan) {
  Data data;
  if (plan.toy) {
    CpuBackend cpu;
    const HostWorkload host = make_workload(shapes()[0].scaled(2e-5), 1, 0.1);
    const auto part = [&](Part which) {
      MadeEntries<CpuBackend> made(cpu, host, which);
      made.fill();
      return made.download();
    };
    return {part(Part::train), part(Part::holdout)};
  }
  data.train = read_entries(plan.file);
  if (!plan.test_file.empty())
    data.test = read_entries(plan.test_file, {.row_ids = &data.train.row_ids, .col_ids = &data.train.col_ids});
  return data;
}

Options limited(Options options, const Method& method) {
  options.solver = parse_solver(method.name);
  options.callback = [most = method.most_passes](const IterationSummary& row) {
    return row.passes < most ? CallbackAction::proceed : CallbackAction::stop;
  };
  return options;
}

/// On from where `result` ended, in float64 and for long.
Result polished(const Entries& train, Options options, const Result& result, const std::string& method) {
  options.precision = Precision::float64;
  options.gradient_tolerance = kPolishTolerance;
  const Start start{result.model.row_factors, result.model.col_factors};
  return solve(train, limited(options, {method, kPolishPasses}), nullptr, &start);
}

Json end_of(const std::string& method, const Summary& s) {
  return {{"method", method},
          {"objective", s.objective},
          {"relative_gradient", s.relative_gradient},
          {"passes", s.passes},
          {"termination", to_string(s.termination)}};
}

/// Columns rather than rows: a tenth of the bytes.
Json curve_of(const Summary& summary) {
  Json passes = Json::array(), seconds = Json::array(), objective = Json::array(), gradient = Json::array(),
       rmse = Json::array();
  for (const IterationSummary& row : summary.history) {
    passes.push_back(row.passes);
    seconds.push_back(row.seconds);
    objective.push_back(row.objective);
    gradient.push_back(row.relative_gradient);
    rmse.push_back(row.holdout_rmse);
  }
  return {{"passes", passes},
          {"seconds", seconds},
          {"objective", objective},
          {"relative_gradient", gradient},
          {"holdout_rmse", rmse}};
}

/// What is known of one seed's runs until the reference is.
struct Lowest {
  double objective = std::numeric_limits<double>::infinity();
  std::optional<Result> result;
  std::string by;

  void offer(Result candidate, const std::string& method) {
    if (!(candidate.summary.objective < objective)) return;
    objective = candidate.summary.objective;
    by = method;
    result = std::move(candidate);
  }
};

/// One method from the seeded start, then a polish by another; the record of both.
Json run_method(Report& report, const Data& data, const Method& method, const Options& options, Lowest& lowest) {
  Result run = solve(data.train, limited(options, method), data.test ? &*data.test : nullptr);
  const std::string other = method.name == "vp-lbfgs" ? "nesterov-als" : "vp-lbfgs";
  Result polish = polished(data.train, options, run, other);
  const Summary &s = run.summary, &own = polish.summary;
  // Both descend, and the polish begins where the run ended (up to the run's rounding).
  const bool right = std::isfinite(s.objective) && s.objective < s.history.front().objective &&
                     own.history.front().objective <= s.objective * (1 + 1e-5) &&
                     own.objective <= own.history.front().objective;
  Json record = {{"method", method.name}, {"seed", options.seed}};
  const double seconds = s.history.back().seconds;
  Json& kept = report.add("run", record, "entries", s.passes * static_cast<double>(s.num_entries),
                          {1, seconds, seconds, seconds}, right);
  kept["most_passes"] = method.most_passes;
  kept["end"] = end_of(method.name, s);
  kept["end"]["holdout_rmse"] = s.holdout_rmse;
  kept["polish"] = end_of(other, own);
  kept["optimum"] = std::min(s.objective, own.objective);
  kept["curve"] = curve_of(s);
  record = kept;
  if (options.precision == Precision::float64) lowest.offer(std::move(run), method.name);
  lowest.offer(std::move(polish), other);
  return record;
}

void run_seed(Report& report, const Plan& plan, const Data& data, std::uint64_t seed) {
  Options options = plan.options;
  options.seed = seed;
  Lowest lowest;
  std::vector<Json> runs;
  for (const Method& method : plan.parsed_methods()) runs.push_back(run_method(report, data, method, options, lowest));

  const Result lowest_end = *lowest.result;
  Json polishers = Json::array();
  double small_gradient = lowest_end.summary.relative_gradient;
  for (const std::string method : {"vp-lbfgs", "nesterov-als"}) {
    Result polish = polished(data.train, options, lowest_end, method);
    polishers.push_back(end_of(method, polish.summary));
    small_gradient = std::min(small_gradient, polish.summary.relative_gradient);
    lowest.offer(std::move(polish), method);
  }
  const double reference = lowest.objective;
  Json basins = Json::object();
  for (const Json& run : runs) {
    const double above = run["optimum"].get<double>() / reference - 1;
    const double gradient =
        std::min(run["polish"]["relative_gradient"].get<double>(), run["end"]["relative_gradient"].get<double>());
    basins[run["parameters"]["method"].get<std::string>()] = {{"optimum_above_reference", above},
                                                              {"basin", above <= kBasinThreshold     ? "reference"
                                                                        : gradient <= kSmallGradient ? "another"
                                                                                                     : "unknown"}};
  }
  Json& record = report.add("reference", {{"seed", seed}}, "entries", 0, {}, small_gradient <= kSmallGradient);
  record["objective"] = reference;
  record["by"] = lowest.by;
  record["polishers"] = polishers;
  record["basins"] = basins;
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
  return "unknown";
}

void describe(Report& report, const Plan& plan, const Data& data) {
  const Options& o = plan.options;
  Json& header = report.header();
  header["name"] = plan.name;
  header["commit"] = plan.commit;
  header["version"] = version();
  header["machine"] = {{"processor", processor()}, {"threads", o.threads ? o.threads : available_threads()}};
  header["device"] = {{"name", to_string(o.device)}};
  header["data"] = {{"rows", data.train.num_rows},
                    {"columns", data.train.num_cols},
                    {"entries", data.train.size()},
                    {"held_out", data.test ? data.test->size() : 0}};
  header["options"] = {{"rank", o.rank},
                       {"regularization", o.regularization},
                       {"weighting", o.weighting},
                       {"center", to_string(o.center)},
                       {"precision", to_string(o.precision)},
                       {"gradient_tolerance", o.gradient_tolerance},
                       {"seeds", plan.seeds},
                       {"methods", plan.methods},
                       {"passes", plan.passes}};
  header["rules"] = {{"basin_threshold", kBasinThreshold},
                     {"small_gradient", kSmallGradient},
                     {"polish_tolerance", kPolishTolerance},
                     {"polish_passes", kPolishPasses}};
}

int run(const Plan& plan) {
  Arguments arguments;
  arguments.toy = plan.toy;
  if (!plan.folder.empty()) {
    std::filesystem::create_directories(plan.folder);
    arguments.out = (plan.folder / "convergence.json").string();
  }
  Report report("convergence", arguments);
  try {
    const Data data = read(plan);
    describe(report, plan, data);
    for (int seed = 0; seed < plan.seeds; ++seed) run_seed(report, plan, data, static_cast<std::uint64_t>(seed));
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
  std::fprintf(stderr, "convergence: %s\n", error.what());
  return 2;
}
