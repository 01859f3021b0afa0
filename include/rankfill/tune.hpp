// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "rankfill/entries.hpp"
#include "rankfill/options.hpp"
#include "rankfill/solve.hpp"

namespace rankfill {

/// Holds out a fraction of the entries at random, as split_by_fraction.
struct RandomHoldout {
  double fraction = 0.1;
};
/// Holds out the latest fraction, as split_by_time.
struct LatestHoldout {
  double fraction = 0.1;
};
/// Holds out every entry once, in `folds` parts, as split_by_fold; all parts stay prepared at once.
struct Folds {
  int folds = 5;
};

/// One (rank, nu, lambda) that was tried.
struct TunePoint {
  int rank = 0;
  double weighting = 0;       ///< nu
  double regularization = 0;  ///< lambda, in the convention of `weighting`
  double rmse = 0;            ///< held-out RMSE, the mean over the parts; infinite after a numerical breakdown
  double standard_error = std::numeric_limits<double>::quiet_NaN();  ///< of that mean; NaN when there is one part
  double train_rmse = 0;                                             ///< the mean over the parts
  // Sums over the parts.
  int iterations = 0;
  double passes = 0;
  double seconds = 0;
  bool settled = true;     ///< every fit ended by itself, none at max_iterations
  bool collapsed = false;  ///< every fit ended at factors of zero, or nearly: lambda is too large
  bool refined = false;    ///< not a point of the grid, but found between its points
};

struct TuneProgress {
  const TunePoint& point;  ///< the one just finished
  const TunePoint& best;   ///< so far
  int done = 0;            ///< points finished
  int planned = 0;         ///< points expected in all; grows when a grid is extended
};

struct TuneOptions {
  /// What all fits have in common.  rank, regularization and weighting are the grid's; keep_best has no effect.  A fit
  /// ends when its held-out RMSE has stayed within holdout_tolerance (relative) for `patience` iterations, wherever it
  /// came from, or as gradient_tolerance and max_iterations say: a lambda is judged by where its fit ends, never by the
  /// best point on the way.
  Options solve{};

  std::vector<int> ranks{};              ///< empty: solve.rank
  std::vector<double> weightings{0, 1};  ///< nu of each grid
  /// The grid of lambda, >= 0, in any order.  Empty: the automatic lambda of each nu (docs/math.md Eq. 4) times 2^-4 ..
  /// 2^4, from above until RMSE has clearly risen twice.
  std::vector<double> regularizations{};

  std::variant<RandomHoldout, LatestHoldout, Folds> holdout{};

  /// Points to try between those of the grid, on the path (rank and nu) of the best: parabolas in log lambda, until the
  /// next point is within 5 % of one that was tried.  >= 0.
  int refine = 4;
  /// How many times the grid of a path may be continued beyond its end when the best lies there.  >= 0.
  int extend = 8;
  /// Along a path from large lambda to small each fit starts from the one before.  false: all start from the seed.
  bool warm_start = true;

  /// Called after each point; may end the search.
  std::function<CallbackAction(const TuneProgress&)> callback{};
};

enum class TuneTermination {
  finished,
  stopped_by_callback,  ///< the best so far was fitted to all entries
  interrupted  ///< the model is the best point's, fitted without what was held out, or where the fit to all got
};

struct TuneResult {
  std::vector<TunePoint> points;  ///< as they were tried
  std::size_t best = 0;           ///< of those, the one with the lowest RMSE
  TuneTermination termination = TuneTermination::finished;
  Result result;    ///< the best, fitted to all entries; see TuneTermination
  Options options;  ///< what `result` was fitted with
  int parts = 1;
  std::int64_t num_heldout = 0;  ///< over all parts
  bool at_border = false;        ///< the best lambda is the largest or smallest tried, and RMSE still falls towards it
  double prepare_seconds = 0, search_seconds = 0, final_seconds = 0;
  std::vector<std::string> warnings;

  const TunePoint& winner() const { return points[best]; }
};

/// Looks for the (rank, nu, lambda) with the lowest held-out RMSE and fits it to all of `entries`.
///
/// `validation`, when given, is what is held out in every fit, in place of a part of `entries`; it is never fitted.
/// The same entries, options and backend give the same bits.
///
/// *Throws* as solve() does; InvalidOption also for an empty grid and for a rank, lambda or nu in it that is out of
/// range; Error when it is interrupted before the first point is done, or when no point gives finite numbers.
///
/// Example:
///     const auto data = rankfill::read_entries("ratings.csv");
///     const auto tuned = rankfill::tune(data, {.ranks = {16, 32, 64}, .holdout = rankfill::Folds{5}});
///     rankfill::save_model(tuned.result.model, "model.npz");
TuneResult tune(const Entries& entries, const TuneOptions& options = {}, const Entries* validation = nullptr);

}  // namespace rankfill
