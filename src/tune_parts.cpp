// SPDX-License-Identifier: Apache-2.0
#include "tune_parts.hpp"

#include <algorithm>
#include <cmath>
#include <list>
#include <string>

#include "rankfill/error.hpp"
#include "rankfill/io.hpp"
#include "solve_device.hpp"

namespace rankfill {

namespace {

std::list<Split> splits_of(const Entries& entries, const TuneOptions& options) {
  std::list<Split> splits;
  if (const auto* random = std::get_if<RandomHoldout>(&options.holdout)) {
    splits.push_back(split_by_fraction(entries, random->fraction, options.solve.seed));
  } else if (const auto* latest = std::get_if<LatestHoldout>(&options.holdout)) {
    splits.push_back(split_by_time(entries, latest->fraction));
  } else {
    const int folds = std::get<Folds>(options.holdout).folds;
    for (int fold = 0; fold < folds; ++fold) splits.push_back(split_by_fold(entries, fold, folds, options.solve.seed));
  }
  return splits;
}

/// Prepares parts[prepared.size()] and those after it: with_prepared() holds a part for as long as a call, so the calls
/// nest.
void prepare_rest(const std::vector<TunePart>& parts, const Options& options, std::vector<PreparedData>& prepared,
                  const std::function<void()>& use) {
  if (prepared.size() == parts.size()) return use();
  const TunePart& part = parts[prepared.size()];
  with_prepared(*part.train, options, part.holdout, [&](const PreparedData& data) {
    prepared.push_back(data);
    prepare_rest(parts, options, prepared, use);
  });
}

}  // namespace

void with_tune_parts(const Entries& entries, const TuneOptions& options, const Entries* validation,
                     const std::function<void(const std::vector<TunePart>&, const std::vector<PreparedData>&)>& use) {
  std::list<Split> splits;
  std::vector<TunePart> parts;
  if (validation) {
    parts.push_back({&entries, validation});
  } else {
    splits = splits_of(entries, options);
    for (const Split& split : splits) parts.push_back({&split.train, &split.holdout});
  }
  Options most = options.solve;  // what needs the most room
  most.regularization = 0;
  most.certificate = false;
  most.rank = options.ranks.empty() ? most.rank : *std::max_element(options.ranks.begin(), options.ranks.end());
  most.weighting = *std::max_element(options.weightings.begin(), options.weightings.end());
  std::vector<PreparedData> prepared;
  prepare_rest(parts, most, prepared, [&] { use(parts, prepared); });
}

void require_valid(const TuneOptions& options) {
  const auto count = [](const char* field, int value, int least) {
    if (value < least) throw InvalidOption(field, std::to_string(value), "must be >= " + std::to_string(least));
  };
  count("refine", options.refine, 0);
  count("extend", options.extend, 0);
  if (const auto* folds = std::get_if<Folds>(&options.holdout)) count("folds", folds->folds, 2);
  if (options.weightings.empty()) throw InvalidOption("weightings", "", "must hold at least one");
  if (options.solve.recover) throw InvalidOption("recover", "true", "has no lambda to search for");
  if (options.solve.grow_rank) throw InvalidOption("rank", "auto", "a search takes its ranks from the grid");
  Options one = options.solve;
  require_valid(one);
  for (const double lambda : options.regularizations) {
    if (!(lambda >= 0) || !std::isfinite(lambda))
      throw InvalidOption("regularizations", std::to_string(lambda), "must be finite numbers >= 0");
    one.regularization = lambda;
    require_valid(one);
  }
  for (const int rank : options.ranks) {
    one.rank = rank;
    require_valid(one);
  }
  for (const double weighting : options.weightings) {
    one.weighting = weighting;
    require_valid(one);
  }
}

}  // namespace rankfill
