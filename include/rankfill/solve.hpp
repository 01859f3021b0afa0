// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rankfill/device_entries.hpp"
#include "rankfill/entries.hpp"
#include "rankfill/model.hpp"
#include "rankfill/options.hpp"
#include "rankfill/summary.hpp"

namespace rankfill {

struct Result {
  Model model;
  Summary summary;
};

/// Factors to start from instead of random ones: shapes m x rank and n x rank.
struct Start {
  FactorMatrix row_factors;
  FactorMatrix col_factors;
};

/// Fits U (m x k) and V (n x k) to the observed entries: minimises Eq. 1 of docs/math.md.
///
/// `holdout`, when given, is never fitted: it steers early stopping and fills holdout_rmse.  `start`, when given, replaces
/// the seeded start.  Deterministic: the same data, options and backend give the same bits, whatever the thread count,
/// except under Formulation::scatter on CUDA.
///
/// *Throws* InvalidOption (the first violated rule), InvalidData (no entries, index out of range, duplicates, NaN or Inf),
/// BackendUnavailable, OutOfDeviceMemory, DeviceError.  A numerical breakdown is not an exception (see Termination).
///
/// Example:
///     auto data = rankfill::read_entries("ratings.csv");
///     auto [train, holdout] = rankfill::split_by_fraction(data, 0.1, 0);
///     auto [model, summary] = rankfill::solve(train, {.rank = 64, .regularization = 10}, &holdout);
Result solve(const Entries& train, const Options& options = {}, const Entries* holdout = nullptr,
             const Start* start = nullptr);

/// The same for entries that nobody needs afterwards.  On the CPU, what they hold is freed as it comes into order, so it does
/// not add to the peak of memory, but for grow_rank and recover.  `train` keeps its shape and ids at most.
Result solve(Entries&& train, const Options& options = {}, const Entries* holdout = nullptr,
             const Start* start = nullptr);

/// The same on the CUDA device that holds the arrays: no entry passes through the host, and the bits are those of the fit of the
/// same entries from the host.  `holdout`: `&entries` of either kind.
///
/// *Throws* also InvalidOption: `device` is the CPU or another device, or `recover` is asked for, which splits the data on the host;
/// InvalidData: an array is not in device memory, or they are on several devices; BackendUnavailable: this build has no CUDA half.
Result solve(const DeviceEntries& train, const Options& options = {}, const HeldOut& holdout = {},
             const Start* start = nullptr);

}  // namespace rankfill
