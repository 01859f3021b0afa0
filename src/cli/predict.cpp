// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_codes.hpp"
#include "cli/pairs.hpp"
#include "cli/reading.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "data/atomic_file.hpp"

namespace rankfill::cli {

namespace {

constexpr const char* kFooter = R"(
PAIRS holds `row col` per line, ids as in training, cut by comma, tab, semicolon, :: or blanks; more columns are ignored.
Written is `row<TAB>col<TAB>prediction`, in the order of PAIRS.  An id that training never saw is predicted by the mean
and the biases that are known.  A header that names the two columns may have them in any place.

Examples:
  rankfill predict model.npz pairs.tsv > predictions.tsv
  printf '42 7\n42 8\n' | rankfill predict model.npz -
)";

struct PredictFlags {
  std::string model_file, pairs_file, output = "-", delimiter;
  bool json = false, quiet = false;
};

int run_predict(const PredictFlags& flags) {
  Console console(flags.quiet ? Console::Level::quiet : Console::Level::normal, true);
  const bool to_stdout = flags.output == "-";
  require_readable(flags.pairs_file);
  if (!to_stdout) {
    require_writable(flags.output);
    require_other_file("output", flags.output, flags.model_file);
    require_other_file("output", flags.output, flags.pairs_file);
  }
  const Model model = load_model(flags.model_file);
  ReadingFlags names;  // knows delimiters by name
  names.delimiter = flags.delimiter;
  const std::string delimiter = names.options().delimiter;

  std::int64_t count = 0, unseen = 0;
  const auto line_of = [&](const Pairs& pairs, std::size_t p, double prediction) {
    if (!flags.json) return pairs.row_names[p] + "\t" + pairs.col_names[p] + "\t" + short_number(prediction, 7) + "\n";
    const Json one{{"row", pairs.row_names[p]}, {"col", pairs.col_names[p]}, {"value", prediction}};
    return (count > 0 || p > 0 ? ",\n " : "\n ") + json_line(one);
  };
  data::write_file_atomically(to_stdout ? "/dev/stdout" : flags.output, [&](data::FileWriter& out) {
    if (flags.json) out.write("{\"predictions\": [");
    read_pairs(flags.pairs_file, delimiter, model, [&](const Pairs& pairs) {
      std::vector<double> predictions(pairs.size());
      model.predict(pairs.rows, pairs.cols, predictions);
      for (std::size_t p = 0; p < pairs.size(); ++p) {
        out.write(line_of(pairs, p, predictions[p]));
        unseen += pairs.rows[p] < 0 || pairs.cols[p] < 0;
      }
      count += static_cast<std::int64_t>(pairs.size());
    });
    if (flags.json) {
      out.write("\n],\n\"count\": " + std::to_string(count) + ", \"unseen\": " + std::to_string(unseen) +
                ", \"model\": " + json_line(flags.model_file) + ", \"file\": " + json_line(flags.pairs_file) + "}\n");
    }
  });
  console.line(counted(count, "prediction") + (to_stdout ? "" : " in " + flags.output) + ", " + with_commas(unseen) +
               " with an id that training never saw");
  return kOk;
}

}  // namespace

Command add_predict(CLI::App& program) {
  auto flags = std::make_shared<PredictFlags>();
  CLI::App* parser = program.add_subcommand("predict", "Predict the values of given (row, column) pairs");
  parser->footer(kFooter);
  parser->add_option("MODEL", flags->model_file, "A model that `rankfill fit --model` saved")->required();
  parser->add_option("PAIRS", flags->pairs_file, "File of pairs; - reads standard input")->required();
  parser->add_option("--output,-o", flags->output, "Where predictions go; - is standard output")
      ->type_name("FILE")
      ->capture_default_str();
  parser->add_option("--delimiter", flags->delimiter, "comma, tab, semicolon, space or ::  [detected]")
      ->type_name("NAME");
  parser->add_flag("--json", flags->json,
                   "Write one JSON object: {predictions: [{row, col, value}], count, unseen, model, file}");
  parser->add_flag("--quiet,-q", flags->quiet, "Print errors and predictions only");
  return {parser, [flags] { return run_predict(*flags); }};
}

}  // namespace rankfill::cli
