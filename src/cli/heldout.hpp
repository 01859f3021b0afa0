// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "rankfill/entries.hpp"

namespace rankfill::cli {

/// What, if anything, is kept from the fit to measure it by.
struct HeldoutFlags {
  std::string test_file;
  std::optional<double> fraction, latest_fraction;

  void add_to(CLI::App& parser);
  /// *Throws* InvalidOption when a fraction is not in (0, 1).
  void check() const;
};

/// Training entries and those held out.
struct TrainTest {
  Entries train;
  std::optional<Entries> test;
  bool steers = false;           ///< does the held-out part decide when to stop?
  std::int64_t test_unseen = 0;  ///< held-out entries whose row or column has no training entries
  double baseline_rmse = 0;      ///< of predicting the training mean for every held-out entry; NaN without any
};

/// Fills test_unseen and baseline_rmse.
void measure_baseline(TrainTest& data);

}  // namespace rankfill::cli
