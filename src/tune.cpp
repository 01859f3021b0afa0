// SPDX-License-Identifier: Apache-2.0
#include "rankfill/tune.hpp"

#include <chrono>
#include <cmath>
#include <utility>

#include "rankfill/error.hpp"
#include "tune_parts.hpp"
#include "tune_search.hpp"

namespace rankfill {

namespace {

class Clock {
 public:
  /// Seconds since the last lap, or since the beginning.
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

void add_warnings(const TuneOptions& options, TuneResult& result) {
  const TunePoint& best = result.winner();
  if (result.at_border)
    result.warnings.push_back(
        "the best lambda is at the end of what was tried, and held-out RMSE still falls towards it");
  if (!best.settled)
    result.warnings.push_back("the best point's held-out RMSE was still changing after max_iterations = " +
                              std::to_string(options.solve.max_iterations) + " iterations");
}

}  // namespace

TuneResult tune(const Entries& entries, const TuneOptions& options, const Entries* validation) {
  require_valid(options);
  if (validation && validation->size() == 0) throw InvalidData(validation->source, 0, "no entries to validate with");
  TuneResult result;
  Start start;
  Clock clock;
  with_tune_parts(entries, options, validation,
                  [&](const std::vector<TunePart>& parts, const std::vector<PreparedData>& prepared) {
                    result.prepare_seconds = clock.lap();
                    result.parts = static_cast<int>(parts.size());
                    for (const TunePart& part : parts) result.num_heldout += part.holdout->size();
                    TuneSearch search(options, prepared, result);
                    search();
                    if (result.points.empty()) throw Error("interrupted before the first point was done");
                    start = search.best_start();
                    if (result.termination == TuneTermination::interrupted) result.result = search.take_best_fit();
                  });
  result.search_seconds = clock.lap();
  const TunePoint& best = result.winner();
  if (!std::isfinite(best.rmse)) throw Error("no point of the grid gave a finite held-out RMSE");

  result.options = options.solve;
  result.options.rank = best.rank;
  result.options.regularization = best.regularization;
  result.options.weighting = best.weighting;
  if (result.termination != TuneTermination::interrupted)
    result.result = solve(entries, result.options, nullptr, options.warm_start ? &start : nullptr);
  result.final_seconds = clock.lap();
  if (result.result.summary.termination == Termination::interrupted) result.termination = TuneTermination::interrupted;
  add_warnings(options, result);
  return result;
}

}  // namespace rankfill
