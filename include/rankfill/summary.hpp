// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rankfill/certificate.hpp"
#include "rankfill/memory_plan.hpp"
#include "rankfill/recovery.hpp"

namespace rankfill {

/// Why the solver stopped, and what the model then is.
///
/// | value               | the model is                                                                        |
/// |---------------------|-------------------------------------------------------------------------------------|
/// | gradient_tolerance  | a point whose measured relative gradient is at most Options::gradient_tolerance      |
/// | holdout_tolerance   | the point with the lowest held-out RMSE; it has not improved for `patience` rounds   |
/// | fitted              | a point that fits the training data to RecoveryOptions::tolerance                   |
/// | max_iterations      | the last point, or the best on held-out data when there is any                      |
/// | no_progress         | the last point: no step lowers the objective further in this precision              |
/// | stopped_by_callback | as max_iterations                                                                   |
/// | interrupted         | as max_iterations (the interrupt flag was set: Ctrl-C)                              |
/// | breakdown           | the last point at which everything was finite, or the best on held-out data         |
enum class Termination {
  gradient_tolerance,
  holdout_tolerance,
  fitted,
  max_iterations,
  no_progress,
  stopped_by_callback,
  interrupted,
  breakdown
};

std::string_view to_string(Termination termination);

/// One row of the iteration table.  Iteration 0 is the starting point.  Everything here describes the point *at which*
/// iteration `iteration` begins, so it is a by-product of that iteration and costs no extra pass over the entries.
struct IterationSummary {
  int iteration = 0;
  double objective = 0;          ///< F(U,V), docs/math.md Eq. 1
  double relative_gradient = 0;  ///< |grad F| / |Lambda (U,V)|, docs/math.md Eq. 5
  double train_rmse = 0;         ///< sqrt(mean of squared residuals over Omega), in the units of the data
  double holdout_rmse = std::numeric_limits<double>::quiet_NaN();  ///< NaN when there is no held-out data
  double passes = 0;   ///< passes over the entries done before this point: one pass = every entry gathered once
  double seconds = 0;  ///< since the solver started; reading and preparing excluded
};

/// Seconds spent in each stage.
struct StageSeconds {
  double prepare = 0;  ///< centring, sorting both ways, upload
  double solve = 0;    ///< the iterations
  double finish = 0;   ///< final measurement, download
};

/// What a solve did, as data.
struct Summary {
  Termination termination = Termination::max_iterations;
  std::string message;  ///< one sentence for people

  // Of the returned model, measured at the end.
  double objective = 0;
  double relative_gradient = 0;
  double train_rmse = 0;
  double holdout_rmse = std::numeric_limits<double>::quiet_NaN();

  int iterations = 0;
  double passes = 0;  ///< by the solver; the final measurement is not counted
  std::vector<IterationSummary> history;
  StageSeconds seconds;

  std::int64_t num_rows = 0, num_cols = 0, num_entries = 0;
  std::int64_t empty_rows = 0, empty_cols = 0;  ///< no entry in training: zero factors
  double value_rms = 0;                         ///< of the centred values: the RMSE of predicting zero
  double regularization = 0;                    ///< the lambda used (the automatic choice resolved)

  /// With Options::certificate, unless the point is not finite.
  std::optional<Certificate> certificate;
  /// With Options::recover, unless the point is not finite.
  std::optional<Recovery> recovery;

  std::string solver_used;         ///< as Options spells it: "als", "vp-lbfgs"; never "auto"
  std::string solver_reason;       ///< why, where it was chosen; else empty
  std::string precision_used;      ///< "float32", "float64", "mixed"
  std::string formulation_used;    ///< "entries", "projection", "block"
  std::string device_used;         ///< "cpu (2 threads)", "cuda:0 NVIDIA H100"
  std::uint64_t device_bytes = 0;  ///< largest device (or backend) memory held at once
  /// On CUDA: what was planned, and what was free then.
  std::optional<MemoryPlan> memory_plan;
  std::uint64_t device_free_bytes = 0;
  std::vector<std::string> warnings;
};

}  // namespace rankfill
