// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/console.hpp"
#include "cli/heldout.hpp"
#include "cli/report.hpp"
#include "rankfill/evaluate.hpp"
#include "rankfill/tune.hpp"

namespace rankfill::cli {

/// What `tune` knows at its end.
struct TuneOutcome {
  std::string file, test_file, heldout_text, model_file, table_file, plot_file;
  TrainTest data;
  TuneResult tuned;
  Evaluation test;  ///< of the final model; meaningless without test data
  double read_seconds = 0, save_seconds = 0, total_seconds = 0;

  bool has_test() const { return data.test && data.test->size() > 0; }
};

/// "rank 32, weighted lambda = 0.12 * n_i^1"
std::string point_text(const TunePoint& point);
/// "0.8690", or "0.8690 +- 0.0012" when there is a standard error.
std::string rmse_text(const TunePoint& point);

/// One line per point: tab-separated, by weighting, rank and lambda, under a line of names.
std::string table_text(const TuneResult& tuned);

/// Held-out RMSE over lambda and rank, the best point, the final fit, how to repeat it, where the time went.
void tell_tuning(Console& console, const TuneOutcome& outcome);

Json tune_report(const TuneOutcome& outcome);

}  // namespace rankfill::cli
