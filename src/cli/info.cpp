// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <memory>
#include <numeric>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/reading.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "data/npz.hpp"
#include "rankfill/device.hpp"
#include "rankfill/model.hpp"
#include "rankfill/version.hpp"

namespace rankfill::cli {

namespace {

constexpr const char* kFooter = R"(
Examples:
  rankfill info                 how this program was built, and which devices it can use
  rankfill info model.npz       a model: shape, precision, options
  rankfill info ratings.csv     data: shape, density, values, entries per row and column
)";

struct InfoFlags {
  std::string file;
  ReadingFlags reading;
};

void tell_build(Console& console) {
  console.line(build_info());
  const auto devices = cuda_devices();
  if (devices.empty())
    console.line(built_with_cuda() ? "no CUDA device can be used" : "no CUDA device: this build has no CUDA half");
  for (const DeviceInfo& device : devices) {
    console.line("cuda:" + std::to_string(device.index) + "  " + device.name + ", compute capability " +
                 std::to_string(device.compute_capability / 10) + "." + std::to_string(device.compute_capability % 10) +
                 ", " + bytes_text(device.free_bytes) + " of " + bytes_text(device.total_bytes) + " free");
  }
  console.line("cpu");
}

const char* kind_of(const Ids& ids) {
  return ids.is_range() ? "the index" : ids.as_numbers() ? "whole numbers" : "text";
}

void tell_model(Console& console, const std::string& file) {
  const Model model = load_model(file);
  console.line(file + ": model, " + with_commas(model.num_rows()) + " x " + with_commas(model.num_cols()) + ", rank " +
               std::to_string(model.rank()) + ", " + (model.row_factors.is_float32() ? "float32" : "float64"));
  console.line("  mean     " + short_number(model.mean, 6) +
               (model.row_bias.empty() ? ", no biases" : ", with row and column biases"));
  console.line(std::string("  ids      rows: ") + kind_of(model.row_ids) + "; columns: " + kind_of(model.col_ids));
  const Json options = parse_options_json(model.options_json);
  if (options.contains("regularization") && options.contains("weighting")) {
    console.line("  lambda   " +
                 lambda_text(options["regularization"].get<double>(), options["weighting"].get<double>()));
  }
  std::string list;
  for (const auto& [name, value] : options.items())
    list += (list.empty() ? "" : ", ") + name + " " + (value.is_string() ? value.get<std::string>() : value.dump());
  console.line("  options  " + (list.empty() ? "not recorded" : list));
}

/// "1 / 20 / 68 / 131 / 1,024": minimum, quartiles and maximum of the entries per row, of the rows that have any.
std::string degrees_text(const std::vector<std::int32_t>& indices, std::int64_t count) {
  std::vector<std::int64_t> degrees(static_cast<std::size_t>(count));
  for (const std::int32_t index : indices) ++degrees[static_cast<std::size_t>(index)];
  std::sort(degrees.begin(), degrees.end());
  const auto first = std::find_if(degrees.begin(), degrees.end(), [](std::int64_t degree) { return degree > 0; });
  const auto used = static_cast<double>(degrees.end() - first);
  std::string text;
  for (const double part : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    text += (text.empty() ? "" : " / ") + with_commas(first[static_cast<std::ptrdiff_t>(part * (used - 1))]);
  }
  const auto empty = first - degrees.begin();
  return text + (empty > 0 ? "; " + with_commas(empty) + " have none" : "");
}

void tell_data(Console& console, const InfoFlags& flags) {
  const Entries entries = read_with_progress(flags.file, flags.reading.options(), console);
  const auto count = static_cast<double>(entries.size());
  const auto [low, high] = std::minmax_element(entries.values.begin(), entries.values.end());
  const double mean = std::accumulate(entries.values.begin(), entries.values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : entries.values) squares += (value - mean) * (value - mean);
  const double density = count / static_cast<double>(entries.num_rows) / static_cast<double>(entries.num_cols);

  console.line(flags.file + ": " + with_commas(entries.num_rows) + " x " + with_commas(entries.num_cols) + ", " +
               counted(entries.size(), "entry", "entries") + " (" + short_number(100 * density, 3) + "%)");
  console.line("  values   " + short_number(*low) + " .. " + short_number(*high) + ", mean " + short_number(mean) +
               ", standard deviation " + short_number(std::sqrt(squares / count)));
  console.line("  times    " + std::string(entries.times.empty() ? "none" : "one per entry"));
  console.line(std::string("  ids      rows: ") + kind_of(entries.row_ids) + "; columns: " + kind_of(entries.col_ids));
  console.line("  entries per row      " + degrees_text(entries.rows, entries.num_rows) + "   (min / quartiles / max)");
  console.line("  entries per column   " + degrees_text(entries.cols, entries.num_cols));
}

/// A model is a zip file with factors in it (scipy.sparse.save_npz writes a "format" too); all else is read as data.
bool is_model(const std::string& file) {
  if (file == "-") return false;
  std::array<char, 2> start{};
  std::ifstream(file, std::ios::binary).read(start.data(), start.size());
  if (start != std::array{'P', 'K'}) return false;
  const auto arrays = data::read_npz(file);
  return data::find_array(arrays, "row_factors") != nullptr ||
         (data::find_array(arrays, "format") != nullptr && data::find_array(arrays, "format")->is_text() &&
          data::find_array(arrays, "data") == nullptr);
}

int run_info(const InfoFlags& flags) {
  Console console(Console::Level::normal, false);
  if (flags.file.empty()) {
    tell_build(console);
    return kOk;
  }
  require_readable(flags.file);
  is_model(flags.file) ? tell_model(console, flags.file) : tell_data(console, flags);
  return kOk;
}

}  // namespace

Command add_info(CLI::App& program) {
  auto flags = std::make_shared<InfoFlags>();
  CLI::App* parser = program.add_subcommand("info", "Tell about this program, a model, or a file of data");
  parser->footer(kFooter);
  parser->add_option("FILE", flags->file, "A model or a file of entries; none: this program");
  flags->reading.add_to(*parser);
  return {parser, [flags] { return run_info(*flags); }};
}

}  // namespace rankfill::cli
