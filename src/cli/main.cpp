// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_codes.hpp"
#include "cli/help.hpp"
#include "cli/interrupt.hpp"
#include "cli/text.hpp"
#include "rankfill/error.hpp"
#include "rankfill/version.hpp"

namespace rankfill::cli {

namespace {

constexpr const char* kFooter = R"(
`rankfill COMMAND --help` tells all about a command.

Exit codes: 0 ok; 1 failure, or a check failed; 2 usage; 3 bad data; 4 no device, or an error on it; 5 a file cannot be
read or written; 130 interrupted.  NO_COLOR is honoured.

Examples:
  rankfill info ratings.csv
  rankfill fit ratings.csv --holdout 0.1 --model model.npz
  rankfill tune ratings.csv --ranks 16,32,64 --model model.npz
  rankfill recommend model.npz --rows 42 --exclude ratings.csv
  rankfill convert ratings.csv ratings.rfe
)";

/// One line, whatever the message holds.
int fail(std::string message, int code) {
  for (char& c : message) {
    if (c == '\n') c = ' ';
  }
  const char* error = is_colourful(stderr) ? "\x1b[31merror:\x1b[0m" : "error:";
  std::fprintf(stderr, "rankfill: %s %s\n", error, message.c_str());
  return code;
}

int run(const Command& command) {
  try {
    return command.run();
  } catch (const std::exception& error) {
    if (interrupt_flag() && dynamic_cast<const FileError*>(&error) == nullptr) {
      return fail("interrupted; nothing was saved", kInterrupted);
    }
    if (const auto* option = dynamic_cast<const InvalidOption*>(&error)) {
      const std::string value = option->value.empty() ? "" : " " + option->value;
      return fail(flag_of(option->field) + value + ": " + option->rule, kUsage);
    }
    if (dynamic_cast<const InvalidData*>(&error)) return fail(error.what(), kBadData);
    if (dynamic_cast<const FileError*>(&error)) return fail(error.what(), kFile);
    if (dynamic_cast<const BackendUnavailable*>(&error) || dynamic_cast<const OutOfDeviceMemory*>(&error) ||
        dynamic_cast<const DeviceError*>(&error)) {
      return fail(error.what(), kDevice);
    }
    if (dynamic_cast<const std::bad_alloc*>(&error)) return fail("out of memory", kFailure);
    return fail(error.what(), kFailure);
  }
}

int run_program(int argc, char** argv) {
  CLI::App program("Low-rank matrix completion: fits U V' to the observed entries of a matrix, on a GPU or the CPU.",
                   "rankfill");
  program.formatter(make_help_formatter());
  program.set_help_flag("-h,--help", "Print this and leave");
  program.footer(kFooter);
  program.set_version_flag(
      "--version", [] { return build_info(); }, "Print version and build, and leave");
  program.option_defaults()->take_last();  // a script's defaults can be followed by the user's own
  program.require_subcommand(1);
  const std::vector<Command> commands{add_fit(program),      add_tune(program),      add_predict(program),
                                      add_evaluate(program), add_recommend(program), add_check_gradient(program),
                                      add_convert(program),  add_info(program)};
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    program.exit(request);
    return kOk;
  } catch (const CLI::ParseError& error) {
    if (program.get_subcommands().empty() && argc > 1 && argv[1][0] != '-') {
      return fail("there is no command \"" + std::string(argv[1]) + "\" (see rankfill --help)", kUsage);
    }
    return fail(std::string(error.what()) + " (see rankfill --help)", kUsage);
  }
  catch_interrupt();
  for (const Command& command : commands) {
    if (command.parser->parsed()) return run(command);
  }
  return kUsage;
}

}  // namespace

}  // namespace rankfill::cli

int main(int argc, char** argv) {
  try {
    return rankfill::cli::run_program(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rankfill: error: %s\n", error.what());
    return rankfill::cli::kFailure;
  }
}
