// SPDX-License-Identifier: Apache-2.0
#include "cli/tune_flags.hpp"

#include <charconv>
#include <cmath>
#include <vector>

#include "cli/text.hpp"
#include "rankfill/error.hpp"

namespace rankfill::cli {

namespace {

/// The pieces between commas, at least one; each is handed to `parse`, which says whether it is good.
template <class Value, class Parse>
std::vector<Value> list_of(const char* field, const std::string& text, const char* rule, const Parse& parse) {
  std::vector<Value> values;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    Value value{};
    if (!parse(text.substr(at, comma - at), value)) throw InvalidOption(field, text, rule);
    values.push_back(value);
    at = comma + 1;
  }
  return values;
}

template <class Value>
bool number_of(const std::string& text, Value& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end;
}

bool weighting_of(const std::string& text, double& value) {
  try {
    value = parse_weighting(text);
  } catch (const InvalidOption&) {
    return false;
  }
  return true;
}

void require_fraction(const char* field, const std::optional<double>& value) {
  if (value && !(*value > 0 && *value < 1))
    throw InvalidOption(field, CLI::detail::to_string(*value), "must be between 0 and 1, both excluded");
}

}  // namespace

void TuneFlags::add_to(CLI::App& parser) {
  const char* group = "Grid";
  parser.add_option("--ranks", ranks, "Ranks to try; without it, --rank alone")->type_name("N,N,...")->group(group);
  parser
      .add_option("--lambdas", lambdas,
                  "Values to try under each weighting, or auto: powers of two around the automatic lambda of that "
                  "weighting, from above until RMSE has clearly risen. The same lambda is another problem under each "
                  "weighting")
      ->type_name("auto|LAMBDA,LAMBDA,...")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option(
          "--weightings", weightings,
          "What lambda means for a row with n entries, each tried: plain, lambda itself; count, lambda * n; or nu "
          "in [0, 1], lambda * n^nu")
      ->type_name("plain|count|NU,...")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option("--refine", defaults.refine,
                  "Points to try between those of the grid, around the best; ends early when lambda is within 5 %")
      ->type_name("N")
      ->group(group)
      ->capture_default_str();
  parser.add_option("--extend", defaults.extend, "Points to add beyond an end of the grid while the best lies there")
      ->type_name("N")
      ->group(group)
      ->capture_default_str();
  parser.add_flag("--cold", cold, "Start every fit from the seed, and not from the one before: a check on warm starts")
      ->group(group);

  group = "Held-out data (at most one of the first four)";
  auto* random = parser.add_option("--holdout", fraction, "Hold out this fraction at random, by --seed  [0.1]");
  auto* latest =
      parser.add_option("--holdout-time", latest_fraction, "Hold out the latest fraction by the time column");
  auto* several = parser.add_option(
      "--folds", folds, "Hold out every entry once, in N parts: N times the work and memory, and a standard error");
  auto* given =
      parser.add_option("--validation", validation_file, "Hold out this file's entries; they are never fitted");
  auto* test = parser.add_option(
      "--test", test_file, "Measure the final model on this file. It is not looked at before, and decides nothing");
  random->type_name("FRACTION")->group(group)->excludes(latest)->excludes(several)->excludes(given);
  latest->type_name("FRACTION")->group(group)->excludes(several)->excludes(given);
  several->type_name("N")->group(group)->excludes(given);
  given->type_name("FILE")->group(group);
  test->type_name("FILE")->group(group);

  solve.add_problem(parser);
  solve.add_method(parser);
  for (const char* of_grid :
       {"--regularization", "--weighting", "--recover", "--recover-tolerance", "--check-fraction"})
    parser.remove_option(parser.get_option(of_grid));
  parser.get_option("--rank")->description("Columns of each factor, 1..1024; see --ranks")->type_name("N");
  parser.get_option("--seed")->description("Seeds the starting factors and what is held out");
  parser.get_option("--holdout-tolerance")
      ->description("End a fit when its held-out RMSE has moved by no more than this fraction, up or down, ...");
}

TuneOptions TuneFlags::options() const {
  TuneOptions options = defaults;
  options.solve = solve.options();
  options.warm_start = !cold;
  if (options.solve.grow_rank) throw InvalidOption("rank", "auto", "a search takes its ranks from the grid");
  if (!ranks.empty()) {
    options.ranks = list_of<int>(
        "ranks", ranks, "must be ranks, 1..1024, with commas between",
        [](const std::string& text, int& rank) { return number_of(text, rank) && rank >= 1 && rank <= 1024; });
  }
  if (lambdas != "auto") {
    options.regularizations = list_of<double>("lambdas", lambdas, "must be auto, or numbers >= 0 with commas between",
                                              [](const std::string& text, double& lambda) {
                                                return number_of(text, lambda) && lambda >= 0 && std::isfinite(lambda);
                                              });
  }
  options.weightings = list_of<double>("weightings", weightings,
                                       "must be plain, count or numbers in [0, 1], with commas between", weighting_of);
  const auto at_least = [](const char* field, int value, int least) {
    if (value < least) throw InvalidOption(field, std::to_string(value), "must be >= " + std::to_string(least));
  };
  at_least("refine", options.refine, 0);
  at_least("extend", options.extend, 0);
  if (folds) at_least("folds", *folds, 2);
  require_fraction("holdout", fraction);
  require_fraction("holdout_time", latest_fraction);
  if (folds) {
    options.holdout = Folds{*folds};
  } else if (latest_fraction) {
    options.holdout = LatestHoldout{*latest_fraction};
  } else {
    options.holdout = RandomHoldout{fraction.value_or(RandomHoldout{}.fraction)};
  }
  return options;
}

std::string TuneFlags::heldout_text() const {
  if (!validation_file.empty()) return validation_file;
  if (folds) return "each of " + std::to_string(*folds) + " folds in turn";
  if (latest_fraction) return "the latest " + short_number(100 * *latest_fraction) + "%";
  return short_number(100 * fraction.value_or(RandomHoldout{}.fraction)) + "% at random";
}

}  // namespace rankfill::cli
