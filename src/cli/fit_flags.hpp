// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "rankfill/options.hpp"

namespace rankfill::cli {

/// The flags that become rankfill::Options, spelled as the fields are.
struct SolveFlags {
  Options defaults;  ///< shown by --help, and the targets of numbers
  std::string regularization = "auto", weighting = "plain", center = "mean", init = "random", solver = "auto",
              formulation = "auto";
  std::string device = "auto", precision = "auto";
  double momentum = 0;
  int cg_steps = AlsOptions{}.cg_steps;
  std::optional<int> warm_up_cg_steps;
  int inner_steps = CcdOptions{}.inner_steps;
  bool recover = false;
  RecoveryOptions recovery;

  /// What is minimised and where; enough for check-gradient.
  void add_problem(CLI::App& parser);
  /// How it is minimised.
  void add_method(CLI::App& parser);

  /// The options asked for.  *Throws* InvalidOption for the first that breaks its rule.
  Options options() const;

 private:
  bool is_given(const char* flag) const {
    const CLI::Option* option = parser_->get_option_no_throw(flag);
    return option && option->count() > 0;
  }
  void set_recovery(Options& options) const;

  CLI::App* parser_ = nullptr;
};

}  // namespace rankfill::cli
