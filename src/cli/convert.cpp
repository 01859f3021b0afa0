// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/reading.hpp"
#include "cli/report.hpp"
#include "cli/stopwatch.hpp"
#include "cli/text.hpp"
#include "data/writers.hpp"

namespace rankfill::cli {

namespace {

constexpr const char* kFooter = R"(
OUT is written in the format that the end of its name tells:
  .rfe               entries as they stand in memory, checked when they are read: to be read often
  .csv, .tsv, .txt   lines of row, column, value and, if there are any, time
  .npz               as scipy.sparse.save_npz writes it, for data whose ids are its indices

Every command reads any of them.

Examples:
  rankfill convert ratings.csv ratings.rfe
  rankfill convert ratings.dat.gz ratings.csv
  rankfill convert matrix.mtx matrix.npz --duplicates mean
)";

struct ConvertFlags {
  std::string input, output;
  int threads = 0;
  bool json = false, quiet = false;
  ReadingFlags reading;
};

int run_convert(const ConvertFlags& flags) {
  Console console(flags.quiet ? Console::Level::quiet : Console::Level::normal, flags.json);
  const Format format = data::format_to_write(flags.output);
  const ReadOptions options = flags.reading.options(flags.threads);
  require_readable(flags.input);
  require_other_file("OUT", flags.output, flags.input);
  require_writable(flags.output);
  Stopwatch watch;
  const Entries entries = read_with_progress(flags.input, options, console);
  const double read_seconds = watch.seconds();
  console.line(flags.input + ": " + with_commas(entries.num_rows) + " x " + with_commas(entries.num_cols) + ", " +
               counted(entries.size(), "entry", "entries") + ", read in " + duration(read_seconds));
  watch = Stopwatch();
  write_entries(flags.output, entries, format);
  const double write_seconds = watch.seconds();
  const std::uint64_t bytes = std::filesystem::file_size(flags.output);
  console.line(flags.output + ": " + bytes_text(bytes) + ", written in " + duration(write_seconds));
  if (flags.json) {
    write_output(json_text({{"input", flags.input},
                            {"output", flags.output},
                            {"num_rows", entries.num_rows},
                            {"num_cols", entries.num_cols},
                            {"num_entries", entries.size()},
                            {"bytes", bytes},
                            {"read_seconds", read_seconds},
                            {"write_seconds", write_seconds}}));
  }
  console.check();
  return kOk;
}

}  // namespace

Command add_convert(CLI::App& program) {
  auto flags = std::make_shared<ConvertFlags>();
  CLI::App* parser = program.add_subcommand("convert", "Write a file of entries in another format");
  parser->footer(kFooter);
  parser->add_option("IN", flags->input, "File of entries; - reads standard input")->required();
  parser->add_option("OUT", flags->output, "The file to write: .rfe, .csv, .tsv, .txt or .npz")->required();
  parser->add_option("--threads", flags->threads, "Threads that read; 0: all")->type_name("N")->capture_default_str();
  parser->add_flag("--json", flags->json, "Print one JSON object on standard output");
  parser->add_flag("--quiet,-q", flags->quiet, "Print errors only (and JSON, if asked for)");
  flags->reading.add_to(*parser);
  return {parser, [flags] { return run_convert(*flags); }};
}

}  // namespace rankfill::cli
