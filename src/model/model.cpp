// SPDX-License-Identifier: Apache-2.0
#include "rankfill/model.hpp"

#include <algorithm>

#include "model/factors.hpp"
#include "rankfill/error.hpp"

namespace rankfill {

void require_index(const char* what, std::int64_t index, std::int64_t count, std::int64_t lowest) {
  if (index >= lowest && index < count) return;
  throw InvalidData("", 0,
                    std::string(what) + " index " + std::to_string(index) + " is not in the model, which has " +
                        std::to_string(count) + " " + what + "s");
}

double Model::predict(std::int64_t row, std::int64_t col) const {
  require_index("row", row, num_rows());
  require_index("column", col, num_cols());
  return with_predictor(*this, [&](const auto& predict_one) { return predict_one(row, col); });
}

void Model::predict(std::span<const std::int32_t> rows, std::span<const std::int32_t> cols,
                    std::span<double> out) const {
  if (rows.size() != cols.size() || rows.size() != out.size()) {
    throw InvalidData("", 0,
                      "predict: " + std::to_string(rows.size()) + " rows, " + std::to_string(cols.size()) +
                          " columns and room for " + std::to_string(out.size()) + " predictions; one length is needed");
  }
  // Checked first: nothing may be thrown from inside the parallel loop.
  for (const std::int32_t row : rows) require_index("row", row, num_rows());
  for (const std::int32_t col : cols) require_index("column", col, num_cols());

  with_predictor(*this, [&](const auto& predict_one) {
    const auto count = static_cast<std::int64_t>(out.size());
#pragma omp parallel for schedule(static) if (count > 4096)
    for (std::int64_t p = 0; p < count; ++p) {
      const auto at = static_cast<std::size_t>(p);
      out[at] = predict_one(rows[at], cols[at]);
    }
  });
}

std::vector<Recommendation> Model::recommend(std::int64_t row, int count, std::span<const std::int32_t> exclude) const {
  require_index("row", row, num_rows(), 0);
  if (count <= 0) return {};

  std::vector<std::int32_t> excluded(exclude.begin(), exclude.end());
  std::sort(excluded.begin(), excluded.end());
  const auto better = [](const Recommendation& a, const Recommendation& b) {
    return a.value > b.value || (a.value == b.value && a.col < b.col);
  };
  // A heap whose top is the worst of the best so far.  A column is looked up in `excluded` only when it would enter.
  std::vector<Recommendation> best;
  const std::size_t room = static_cast<std::size_t>(std::min<std::int64_t>(count, num_cols()));
  best.reserve(room + 1);
  with_predictor(*this, [&](const auto& predict_one) {
    for (std::int64_t col = 0; col < num_cols(); ++col) {
      const Recommendation candidate{col, predict_one(row, col)};
      if (best.size() == room && !better(candidate, best.front())) continue;
      if (std::binary_search(excluded.begin(), excluded.end(), static_cast<std::int32_t>(col))) continue;
      best.push_back(candidate);
      std::push_heap(best.begin(), best.end(), better);
      if (best.size() > room) {
        std::pop_heap(best.begin(), best.end(), better);
        best.pop_back();
      }
    }
  });
  std::sort_heap(best.begin(), best.end(), better);
  return best;
}

}  // namespace rankfill
