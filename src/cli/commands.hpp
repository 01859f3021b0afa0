// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace rankfill::cli {

/// One subcommand: its parser, and what to do once the command line was accepted.  `run` returns the exit code.
struct Command {
  CLI::App* parser = nullptr;
  std::function<int()> run;
};

// Each adds its subcommand to the program's parser; one file per command.
Command add_fit(CLI::App& program);
Command add_tune(CLI::App& program);
Command add_predict(CLI::App& program);
Command add_evaluate(CLI::App& program);
Command add_recommend(CLI::App& program);
Command add_check_gradient(CLI::App& program);
Command add_convert(CLI::App& program);
Command add_info(CLI::App& program);

}  // namespace rankfill::cli
