// SPDX-License-Identifier: Apache-2.0
#include "rankfill/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/factors.hpp"
#include "rankfill/error.hpp"

namespace rankfill {

namespace {

/// Entries per block of the sums.  Fixed, so that their order, and with it the result, does not depend on threads.
constexpr std::int64_t kEntriesPerBlock = 4096;

struct Sums {
  double squares = 0, magnitudes = 0;
  std::int64_t unseen = 0;

  Sums& operator+=(const Sums& other) {
    squares += other.squares;
    magnitudes += other.magnitudes;
    unseen += other.unseen;
    return *this;
  }
};

void check(const Model& model, const Entries& entries) {
  if (entries.size() == 0) throw InvalidData(entries.source, 0, "no entries to evaluate");
  if (entries.rows.size() != entries.values.size() || entries.cols.size() != entries.values.size()) {
    throw InvalidData(entries.source, 0, "rows, cols and values of the entries have different lengths");
  }
  for (const std::int32_t row : entries.rows) require_index("row", row, model.num_rows());
  for (const std::int32_t col : entries.cols) require_index("column", col, model.num_cols());
  const auto bad =
      std::find_if_not(entries.values.begin(), entries.values.end(), [](double v) { return std::isfinite(v); });
  if (bad != entries.values.end()) {
    throw InvalidData(entries.source, 0,
                      "the value of entry " + std::to_string(bad - entries.values.begin()) + " is not finite");
  }
}

}  // namespace

Evaluation evaluate(const Model& model, const Entries& entries) {
  check(model, entries);

  const std::int64_t count = entries.size();
  std::vector<Sums> partial(static_cast<std::size_t>((count + kEntriesPerBlock - 1) / kEntriesPerBlock));
  with_predictor(model, [&](const auto& predict_one) {
    const auto blocks = static_cast<std::int64_t>(partial.size());
#pragma omp parallel for schedule(static) if (blocks > 1)
    for (std::int64_t block = 0; block < blocks; ++block) {
      Sums sums;
      const std::int64_t end = std::min(count, (block + 1) * kEntriesPerBlock);
      for (std::int64_t p = block * kEntriesPerBlock; p < end; ++p) {
        const auto at = static_cast<std::size_t>(p);
        const std::int32_t row = entries.rows[at], col = entries.cols[at];
        const double residual = entries.values[at] - predict_one(row, col);
        sums += {residual * residual, std::abs(residual), row < 0 || col < 0 ? 1 : 0};
      }
      partial[static_cast<std::size_t>(block)] = sums;
    }
  });

  Sums total;
  for (const Sums& sums : partial) total += sums;
  const auto n = static_cast<double>(count);
  return {std::sqrt(total.squares / n), total.magnitudes / n, count, total.unseen};
}

}  // namespace rankfill
