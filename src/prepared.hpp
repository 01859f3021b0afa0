// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "rankfill/solve.hpp"
#include "solvers/path.hpp"

namespace rankfill {

/// Entries that were validated, centred, sorted and uploaded once, for many fits.
struct PreparedData {
  /// docs/math.md Eq. 4, for the entries as they are centred.
  std::function<double(double weighting)> automatic_regularization;
  /// As solve() with the entries, holdout and options prepared with, but for what costs no new sorting: rank,
  /// regularization (>= 0), weighting, solver, seed, and when to stop may be others.  The precision is what those
  /// prepared with chose.
  std::function<Result(const Options& options, const Start* start)> fit;
  /// The same along a path of lambda.  float64.
  std::function<Result(const Options& options, const Start* start, const PathLimits& path, PathEnd& end)> follow;
};

/// Prepares and calls `use`; what was prepared lives as long as that call, `train` must live as long.
/// *Throws* as solve(), and what `use` throws.
void with_prepared(const Entries& train, const Options& options, const Entries* holdout,
                   const std::function<void(const PreparedData&)>& use);

}  // namespace rankfill
