// SPDX-License-Identifier: Apache-2.0
// Fills one hole in a table of products: M_ij = (i + 1)(j + 1), with M_45 left out, which ought to be 30.
#include <cmath>
#include <cstdio>

#include <rankfill/rankfill.hpp>

int main() {
  rankfill::Entries entries;
  entries.num_rows = 5;
  entries.num_cols = 6;
  for (int row = 0; row < 5; ++row) {
    for (int col = 0; col < 6; ++col) {
      if (row == 4 && col == 5) continue;
      entries.rows.push_back(row);
      entries.cols.push_back(col);
      entries.values.push_back((row + 1) * (col + 1));
    }
  }

  rankfill::Options options;
  options.rank = 1;
  options.regularization = 0;
  options.center = rankfill::Center::none;
  options.precision = rankfill::Precision::float64;
  options.device = rankfill::parse_device("cpu");
  const rankfill::Result result = rankfill::solve(entries, options);

  const double filled = result.model.predict(4, 5);
  std::printf("rankfill %s: M_45 = %.6f (%s)\n", rankfill::version().c_str(), filled, result.summary.message.c_str());
  return std::abs(filled - 30) < 1e-3 ? 0 : 1;
}
