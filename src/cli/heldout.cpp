// SPDX-License-Identifier: Apache-2.0
#include "cli/heldout.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "rankfill/error.hpp"

namespace rankfill::cli {

void HeldoutFlags::add_to(CLI::App& parser) {
  const char* group = "Held-out data (at most one)";
  auto* test =
      parser.add_option("--test", test_file,
                        "Measure on this file after the fit and in the table. It never decides anything: no early "
                        "stopping, the last point is kept. Ids that training never saw are fine");
  auto* random =
      parser.add_option("--holdout", fraction,
                        "Hold out this fraction at random (by --seed) and let it steer: early stopping, the best "
                        "point is kept. Its RMSE is then slightly optimistic");
  auto* latest = parser.add_option("--holdout-time", latest_fraction,
                                   "Hold out the latest fraction by the time column; steers as --holdout does");
  test->type_name("FILE")->group(group)->excludes(random)->excludes(latest);
  random->type_name("FRACTION")->group(group)->excludes(latest);
  latest->type_name("FRACTION")->group(group);
}

void HeldoutFlags::check() const {
  const auto require = [](const char* field, const std::optional<double>& value) {
    if (value && !(*value > 0 && *value < 1)) {
      throw InvalidOption(field, CLI::detail::to_string(*value), "must be between 0 and 1, both excluded");
    }
  };
  require("holdout", fraction);
  require("holdout_time", latest_fraction);
}

void measure_baseline(TrainTest& data) {
  data.baseline_rmse = std::numeric_limits<double>::quiet_NaN();
  if (!data.test || data.test->size() == 0 || data.train.size() == 0) return;
  const Entries &train = data.train, &test = *data.test;
  std::vector<bool> has_row(static_cast<std::size_t>(train.num_rows)),
      has_col(static_cast<std::size_t>(train.num_cols));
  double sum = 0;
  for (std::size_t p = 0; p < train.values.size(); ++p) {
    has_row[static_cast<std::size_t>(train.rows[p])] = true;
    has_col[static_cast<std::size_t>(train.cols[p])] = true;
    sum += train.values[p];
  }
  const double mean = sum / static_cast<double>(train.size());
  const auto is_known = [](const std::vector<bool>& known, std::int32_t index) {
    return index >= 0 && static_cast<std::size_t>(index) < known.size() && known[static_cast<std::size_t>(index)];
  };
  double squares = 0;
  data.test_unseen = 0;
  for (std::size_t p = 0; p < test.values.size(); ++p) {
    data.test_unseen += !is_known(has_row, test.rows[p]) || !is_known(has_col, test.cols[p]);
    squares += (test.values[p] - mean) * (test.values[p] - mean);
  }
  data.baseline_rmse = std::sqrt(squares / static_cast<double>(test.size()));
}

}  // namespace rankfill::cli
