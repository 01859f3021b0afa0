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
  bool json = false, quiet = false;
  ReadingFlags reading;
};

/// Tells people, and returns the same as data; so do the two below.
Json tell_build(Console& console) {
  Json json;
  json["version"] = version();
  json["build"] = build_info();
  json["cuda"] = built_with_cuda();
  json["devices"] = Json::array();
  console.line(build_info());
  const auto devices = cuda_devices();
  if (devices.empty())
    console.line(built_with_cuda() ? "no CUDA device can be used" : "no CUDA device: this build has no CUDA half");
  for (const DeviceInfo& device : devices) {
    console.line("cuda:" + std::to_string(device.index) + "  " + device.name + ", compute capability " +
                 std::to_string(device.compute_capability / 10) + "." + std::to_string(device.compute_capability % 10) +
                 ", " + bytes_text(device.free_bytes) + " of " + bytes_text(device.total_bytes) + " free");
    json["devices"].push_back({{"name", "cuda:" + std::to_string(device.index)},
                               {"model", device.name},
                               {"compute_capability", device.compute_capability},
                               {"total_bytes", device.total_bytes},
                               {"free_bytes", device.free_bytes}});
  }
  console.line("cpu");
  return json;
}

const char* kind_of(const Ids& ids) {
  return ids.is_range() ? "the index" : ids.as_numbers() ? "whole numbers" : "text";
}

Json tell_model(Console& console, const std::string& file) {
  const Model model = load_model(file);
  const char* precision = model.row_factors.is_float32() ? "float32" : "float64";
  console.line(file + ": model, " + with_commas(model.num_rows()) + " x " + with_commas(model.num_cols()) + ", rank " +
               std::to_string(model.rank()) + ", " + precision);
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
  return {{"file", file},
          {"kind", "model"},
          {"num_rows", model.num_rows()},
          {"num_cols", model.num_cols()},
          {"rank", model.rank()},
          {"precision", precision},
          {"mean", model.mean},
          {"biases", !model.row_bias.empty()},
          {"row_ids", kind_of(model.row_ids)},
          {"col_ids", kind_of(model.col_ids)},
          {"options", options}};
}

/// Entries per row, of the rows that have any.
struct Degrees {
  std::array<std::int64_t, 5> quartiles{};  ///< with minimum and maximum
  std::int64_t empty = 0;                   ///< rows without an entry

  /// "1 / 20 / 68 / 131 / 1,024; 3 have none"
  std::string text() const {
    std::string text;
    for (const std::int64_t one : quartiles) text += (text.empty() ? "" : " / ") + with_commas(one);
    return text + (empty > 0 ? "; " + with_commas(empty) + " have none" : "");
  }
};

Degrees degrees_of(const std::vector<std::int32_t>& indices, std::int64_t count) {
  std::vector<std::int64_t> degrees(static_cast<std::size_t>(count));
  for (const std::int32_t index : indices) ++degrees[static_cast<std::size_t>(index)];
  std::sort(degrees.begin(), degrees.end());
  const auto first = std::find_if(degrees.begin(), degrees.end(), [](std::int64_t degree) { return degree > 0; });
  const auto used = static_cast<double>(degrees.end() - first);
  Degrees result{{}, first - degrees.begin()};
  for (std::size_t k = 0; k < 5; ++k)
    result.quartiles[k] = first[static_cast<std::ptrdiff_t>(0.25 * static_cast<double>(k) * (used - 1))];
  return result;
}

Json tell_data(Console& console, const InfoFlags& flags) {
  const Entries entries = read_with_progress(flags.file, flags.reading.options(), console);
  const auto count = static_cast<double>(entries.size());
  const auto [low, high] = std::minmax_element(entries.values.begin(), entries.values.end());
  const double mean = std::accumulate(entries.values.begin(), entries.values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : entries.values) squares += (value - mean) * (value - mean);
  const double density = count / static_cast<double>(entries.num_rows) / static_cast<double>(entries.num_cols);
  const double deviation = std::sqrt(squares / count);
  const Degrees rows = degrees_of(entries.rows, entries.num_rows), cols = degrees_of(entries.cols, entries.num_cols);

  console.line(flags.file + ": " + with_commas(entries.num_rows) + " x " + with_commas(entries.num_cols) + ", " +
               counted(entries.size(), "entry", "entries") + " (" + short_number(100 * density, 3) + "%)");
  console.line("  values   " + short_number(*low) + " .. " + short_number(*high) + ", mean " + short_number(mean) +
               ", standard deviation " + short_number(deviation));
  console.line("  times    " + std::string(entries.times.empty() ? "none" : "one per entry"));
  console.line(std::string("  ids      rows: ") + kind_of(entries.row_ids) + "; columns: " + kind_of(entries.col_ids));
  console.line("  entries per row      " + rows.text() + "   (min / quartiles / max)");
  console.line("  entries per column   " + cols.text());
  return {{"file", flags.file},
          {"kind", "data"},
          {"num_rows", entries.num_rows},
          {"num_cols", entries.num_cols},
          {"num_entries", entries.size()},
          {"density", density},
          {"values", {{"min", *low}, {"max", *high}, {"mean", mean}, {"standard_deviation", deviation}}},
          {"times", !entries.times.empty()},
          {"row_ids", kind_of(entries.row_ids)},
          {"col_ids", kind_of(entries.col_ids)},
          {"entries_per_row", {{"quartiles", rows.quartiles}, {"empty", rows.empty}}},
          {"entries_per_column", {{"quartiles", cols.quartiles}, {"empty", cols.empty}}}};
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
  Console console(flags.quiet ? Console::Level::quiet : Console::Level::normal, flags.json);
  if (!flags.file.empty()) require_readable(flags.file);
  const Json json = flags.file.empty()     ? tell_build(console)
                    : is_model(flags.file) ? tell_model(console, flags.file)
                                           : tell_data(console, flags);
  if (flags.json) write_output(json_text(json));
  console.check();
  return kOk;
}

}  // namespace

Command add_info(CLI::App& program) {
  auto flags = std::make_shared<InfoFlags>();
  CLI::App* parser = program.add_subcommand("info", "Tell about this program, a model, or a file of data");
  parser->footer(kFooter);
  parser->add_option("FILE", flags->file, "A model or a file of entries; none: this program");
  parser->add_flag("--json", flags->json, "Print one JSON object on standard output");
  parser->add_flag("--quiet,-q", flags->quiet, "Print errors only (and JSON, if asked for)");
  flags->reading.add_to(*parser);
  return {parser, [flags] { return run_info(*flags); }};
}

}  // namespace rankfill::cli
