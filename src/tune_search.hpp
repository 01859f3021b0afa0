// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "prepared.hpp"
#include "rankfill/tune.hpp"

namespace rankfill {

/// Stops a fit once its held-out RMSE stays within `tolerance` (relative) for `patience` iterations: up or down, unlike
/// early stopping, so that the point returned is that of the problem and not of the way to it.
class Settled {
 public:
  Settled(double tolerance, int patience) : tolerance_(tolerance), patience_(patience) {}

  bool operator()(double rmse);

 private:
  double tolerance_;
  int patience_;
  std::vector<double> last_;  // patience + 1 at most
};

/// Where to look next for the lowest value near `best`, given tried points (x ascending, distinct): the vertex of the
/// parabola through it and its neighbours, or the golden section of the wider side when that vertex was as good as
/// tried.  Nothing when `best` is at an end, or all that is left is within `resolution` of a point tried.
struct Tried {
  double x = 0, y = 0;
};
std::optional<double> next_to_try(const std::vector<Tried>& tried, std::size_t best, double resolution);

/// The points of a search, tried one by one.
class TuneSearch {
 public:
  TuneSearch(const TuneOptions& options, const std::vector<PreparedData>& parts, TuneResult& result)
      : options_(options), parts_(parts), result_(result) {}

  /// Tries grid, extensions and refinements; fills result.points, best, at_border, termination.
  void operator()();

  /// The factors of the best point on the first part, and that fit.
  const Start& best_start() const { return best_start_; }
  Result take_best_fit() { return std::move(best_fit_); }

 private:
  /// The points of one (rank, nu), and the factors at two of them, one per part; empty: start from the seed.
  struct Path {
    int rank = 0;
    double weighting = 0;
    std::vector<std::size_t> points;
    std::size_t best = 0;
    std::vector<std::optional<Start>> last_starts, best_starts;
  };

  std::vector<double> grid(double weighting) const;
  void walk_grid(Path& path);
  void extend(Path& path);
  void refine(Path& path);
  std::optional<double> beyond(const Path& path) const;
  /// False: the search is over.
  bool try_point(Path& path, double lambda, bool from_best, bool refined);
  std::vector<Tried> tried(const Path& path, std::size_t& best) const;
  const TunePoint& point(std::size_t k) const { return result_.points[k]; }

  const TuneOptions& options_;
  const std::vector<PreparedData>& parts_;
  TuneResult& result_;
  int planned_ = 0;
  bool over_ = false;
  Start best_start_;
  Result best_fit_;
};

}  // namespace rankfill
