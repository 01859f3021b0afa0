// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What every benchmark program shares: its arguments, statistics, and the JSON it leaves.  No CUDA here.

namespace rankfill::bench {

using Json = nlohmann::ordered_json;

/// Seconds of the repetitions of one case: median, and the 10th and 90th percentile.
struct Spread {
  int repeats = 0;
  double median = 0, low = 0, high = 0;
};

inline Spread spread_of(std::vector<double> seconds) {
  if (seconds.empty()) return {};
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) {  // linear between the two neighbours
    const double position = share * static_cast<double>(seconds.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const double weight = position - static_cast<double>(below);
    return (1 - weight) * seconds[below] + weight * seconds[std::min(below + 1, seconds.size() - 1)];
  };
  return {static_cast<int>(seconds.size()), at(0.5), at(0.1), at(0.9)};
}

/// The arguments that all programs take.
struct Arguments {
  std::string out;            ///< --out FILE: where the JSON goes
  bool quick = false;         ///< --quick: fewer cases
  bool large = false;         ///< --large: the set that fills a card, and nothing else
  bool toy = false;           ///< --toy: sizes for a check of the program itself, not of any machine
  double most_seconds = 1e9;  ///< --seconds N: begin no case after N seconds
  std::string only;           ///< --only TEXT: kernels_bench runs the cases whose parameters, as JSON, contain TEXT
  std::vector<std::string> files;

  static Arguments parse(int argc, char** argv) {
    Arguments a;
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      const auto value = [&]() -> std::string {
        if (i + 1 >= argc) throw std::runtime_error(std::string(word) + " needs a value");
        return argv[++i];
      };
      if (word == "--out")
        a.out = value();
      else if (word == "--quick")
        a.quick = true;
      else if (word == "--large")
        a.large = true;
      else if (word == "--toy")
        a.toy = a.quick = true;
      else if (word == "--seconds")
        a.most_seconds = std::stod(value());
      else if (word == "--only")
        a.only = value();
      else if (word.starts_with("--"))
        throw std::runtime_error("unknown argument " + std::string(word));
      else
        a.files.emplace_back(word);
    }
    return a;
  }
};

/// The records of one program.  A record: name, parameters, bytes (or flops), seconds, the rate, and whether the result of
/// the timed work was checked and right.
class Report {
 public:
  Report(std::string program, Arguments arguments) : arguments_(std::move(arguments)) {
    json_ = {{"schema", 1}, {"program", std::move(program)}, {"quick", arguments_.quick}, {"toy", arguments_.toy}};
    json_["records"] = Json::array();
    json_["skipped"] = Json::array();
  }

  Json& header() { return json_; }
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  bool out_of_time() const { return seconds() > arguments_.most_seconds; }

  /// `unit`: "bytes" or "flops", what `amount` counts.
  Json& add(const std::string& name, Json parameters, const char* unit, double amount, const Spread& spread,
            bool verified) {
    all_verified_ = all_verified_ && verified;
    const double rate = spread.median > 0 ? amount / spread.median : 0;
    std::printf("%-20s %-84s %10.3f ms %10.1f G%s/s%s\n", name.c_str(), parameters.dump().c_str(), 1e3 * spread.median,
                1e-9 * rate, unit, verified ? "" : "  WRONG RESULT");
    std::fflush(stdout);
    Json record = {
        {"name", name},
        {"parameters", std::move(parameters)},
        {unit, amount},
        {"seconds",
         {{"median", spread.median}, {"p10", spread.low}, {"p90", spread.high}, {"repeats", spread.repeats}}},
        {std::string(unit) + "_per_second", rate},
        {"verified", verified}};
    write();  // the records before
    return json_["records"].emplace_back(std::move(record));
  }

  void skip(const std::string& name, Json parameters, const std::string& why) {
    std::printf("%-20s %-84s skipped: %s\n", name.c_str(), parameters.dump().c_str(), why.c_str());
    json_["skipped"].push_back({{"name", name}, {"parameters", std::move(parameters)}, {"why", why}});
  }

  /// The program ends here, because of `why`.
  void fail(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    json_["failed"] = why;
  }

  /// The exit code of the program: not 0 when a result was wrong or the program failed, so that no number is used unseen.
  int finish() {
    json_["program_seconds"] = seconds();
    json_["all_verified"] = all_verified_;
    write();
    std::printf("%zu records in %.1f s%s\n", json_["records"].size(), seconds(),
                all_verified_ ? "" : "; SOME RESULTS WERE WRONG, see \"verified\"");
    return json_.contains("failed") ? 2 : all_verified_ ? 0 : 1;
  }

 private:
  /// After every record, and whole or not at all: a program that is stopped leaves what it has measured.
  void write() const {
    if (arguments_.out.empty()) return;
    const std::string part = arguments_.out + ".part";
    std::ofstream file(part);
    file << json_.dump(1) << '\n';
    file.close();
    if (!file || std::rename(part.c_str(), arguments_.out.c_str()) != 0)
      throw std::runtime_error("cannot write " + arguments_.out);
  }

  Arguments arguments_;
  Json json_;
  bool all_verified_ = true;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The main() of a program: body(report, arguments).  When it fails half way, what was measured before is kept.
template <class Body>
int run_program(const std::string& program, int argc, char** argv, const Body& body) try {
  const Arguments arguments = Arguments::parse(argc, argv);
  Report report(program, arguments);
  try {
    body(report, arguments);
  } catch (const std::exception& error) {
    report.fail(error.what());
  }
  return report.finish();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: %s\n", program.c_str(), error.what());
  return 2;
}

}  // namespace rankfill::bench
