// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include "rounds.hpp"
#include "solve_device.hpp"
#include "solve_on.hpp"

namespace rankfill {

namespace {

constexpr double kClosedGap = 1e-3;
constexpr int kMostColumns = 1024;

/// Was it the solver that came to its end, and not somebody else who stopped it?
bool came_to_an_end(Termination why) {
  return why == Termination::gradient_tolerance || why == Termination::no_progress;
}

}  // namespace

Result solve_growing(const std::function<Result(const Options&, const Start*)>& at_rank, std::int64_t num_rows,
                     std::int64_t num_cols, const Options& options, const Start* start) {
  constexpr double coarsest = 1e-2, step = 0.1, finest = 1e-8;
  Options round = options;
  round.certificate = true;
  round.gradient_tolerance = std::max(coarsest, options.gradient_tolerance);
  const auto most = static_cast<int>(std::min<std::int64_t>({kMostColumns, num_rows, num_cols}));
  Summary before;
  round.callback = callback_after(before, options);
  Start from;
  for (;;) {
    round.max_iterations = options.max_iterations - before.iterations;
    Result result = at_rank(round, start);
    Summary& summary = result.summary;
    prepend(before, summary);
    summary.message = describe(summary, options);
    const bool open = summary.certificate && summary.certificate->relative_gap > kClosedGap;
    const bool grows = open && summary.certificate->rank_too_small && round.rank < most;
    // an open gap asks for a finer tolerance than the user did
    const bool finished =
        round.gradient_tolerance <= options.gradient_tolerance &&
        (!open || round.gradient_tolerance <= finest || summary.termination == Termination::no_progress);
    if (!came_to_an_end(summary.termination) || summary.iterations >= options.max_iterations || (finished && !grows))
      return result;

    if (grows) {
      const Certificate& c = *summary.certificate;
      from = {append(result.model.row_factors, c.next_row_columns, most),
              append(result.model.col_factors, c.next_col_columns, most)};
      round.rank = from.row_factors.rank;
    } else {
      from = {std::move(result.model.row_factors), std::move(result.model.col_factors)};
      round.gradient_tolerance = std::max(open ? 0 : options.gradient_tolerance, step * round.gradient_tolerance);
      if (options.gradient_tolerance == 0 && round.gradient_tolerance < finest) round.gradient_tolerance = 0;
    }
    start = &from;
    round.warm_up = {};
    before = std::move(summary);
  }
}

}  // namespace rankfill
