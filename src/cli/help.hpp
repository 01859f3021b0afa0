// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

namespace rankfill::cli {

/// How --help looks: one width for all, descriptions wrapped, defaults behind them.  Subcommands inherit it.
std::shared_ptr<CLI::Formatter> make_help_formatter();

}  // namespace rankfill::cli
