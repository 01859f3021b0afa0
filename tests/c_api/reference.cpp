// SPDX-License-Identifier: Apache-2.0
#include "reference.h"

#include <algorithm>
#include <variant>

#include "rankfill/rankfill.hpp"

int reference_fit(const made_up* data, const char* solver, int rank, double regularization, double weighting,
                  uint64_t seed, float* row_factors, float* col_factors, double* objective) {
  try {
    rankfill::Entries entries;
    entries.num_rows = NUM_ROWS;
    entries.num_cols = NUM_COLS;
    entries.rows.assign(std::begin(data->rows), std::end(data->rows));
    entries.cols.assign(std::begin(data->cols), std::end(data->cols));
    entries.values.assign(std::begin(data->values), std::end(data->values));
    rankfill::Options options;
    options.rank = rank;
    options.regularization = regularization;
    options.weighting = weighting;
    options.solver = rankfill::parse_solver(solver);
    options.device = rankfill::parse_device("cpu");
    options.seed = seed;
    const auto [model, summary] = rankfill::solve(entries, options);
    const auto copy = [](const rankfill::FactorMatrix& factors, float* out) {
      std::ranges::copy(std::get<std::vector<float>>(factors.values), out);
    };
    copy(model.row_factors, row_factors);
    copy(model.col_factors, col_factors);
    *objective = summary.objective;
    return 1;
  } catch (const std::exception&) {
    return 0;
  }
}
