// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/fit_flags.hpp"
#include "rankfill/tune.hpp"

namespace rankfill::cli {

/// The flags that become rankfill::TuneOptions.
struct TuneFlags {
  std::string ranks, lambdas = "auto", weightings = "plain,count";
  std::optional<int> folds;
  std::optional<double> fraction, latest_fraction;
  std::string validation_file, test_file;
  TuneOptions defaults;  ///< shown by --help, and the targets of numbers
  bool cold = false;
  SolveFlags solve;

  void add_to(CLI::App& parser);
  /// *Throws* InvalidOption for the first that breaks its rule.
  TuneOptions options() const;
  /// "held out at random, 0.1 of the entries", ...
  std::string heldout_text() const;
};

}  // namespace rankfill::cli
