// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/console.hpp"
#include "cli/heldout.hpp"
#include "cli/report.hpp"
#include "rankfill/evaluate.hpp"
#include "rankfill/options.hpp"
#include "rankfill/solve.hpp"

namespace rankfill::cli {

/// What `fit` knows at its end.
struct FitOutcome {
  std::string file, heldout_name, model_file, plot_file;
  Options options;
  HeldoutFlags heldout;
  TrainTest data;
  Summary summary;
  Evaluation test;  ///< of the model returned; meaningless without held-out data
  double read_seconds = 0, split_seconds = 0, solve_seconds = 0, save_seconds = 0, total_seconds = 0;

  bool has_test() const { return data.test && data.test->size() > 0; }
  const Entries* test_data() const { return has_test() ? &*data.test : nullptr; }
};

/// "ratings.csv: 671 x 9,066, 100,004 entries (1.64%), values 0.5 .. 5, mean 3.54", and the held-out part.
void tell_data(Console& console, const FitOutcome& fit);
/// "rank 32, weighted lambda = 0.12 * n_i^1, ..."
std::string problem_text(const FitOutcome& fit, double lambda);
/// How it ended, how good it is, where the model went, where the time went.
void tell_result(Console& console, const FitOutcome& fit);

Json fit_report(const FitOutcome& fit);

}  // namespace rankfill::cli
