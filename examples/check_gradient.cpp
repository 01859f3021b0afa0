// SPDX-License-Identifier: Apache-2.0
// Is the gradient right?  Holds every formulation of it against finite differences of the objective, on ratings made up here
// or on a file of yours: F(x + h d) - F(x) - h <grad F, d> has to fall like h^2 (docs/math.md Eq. 17-18).
//
// usage: check_gradient [FILE]
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>

#include "rankfill/rankfill.hpp"

namespace {

/// 1 to 5 stars for a third of all pairs of 60 users and 45 items.
rankfill::Entries made_up() {
  rankfill::Entries entries;
  entries.num_rows = 60;
  entries.num_cols = 45;
  for (std::int32_t i = 0; i < entries.num_rows; ++i)
    for (std::int32_t j = i % 3; j < entries.num_cols; j += 3) {
      entries.rows.push_back(i);
      entries.cols.push_back(j);
      entries.values.push_back(std::round(3 + 2 * std::sin(0.7 * i) * std::cos(1.3 * j)));
    }
  return entries;
}

bool check(const rankfill::Entries& entries, double weighting) {
  const auto result = check_gradient(entries, {.rank = 8, .regularization = 0.5, .weighting = weighting});
  std::printf("nu = %g\n  %-12s %12s %8s\n", weighting, "formulation", "best error", "slope");
  for (const auto& row : result.rows) {
    if (row.note.empty())
      std::printf("  %-12s %12.1e %8.3f  %s\n", row.formulation.c_str(), row.best_relative_error, row.remainder_slope,
                  row.passed ? "passed" : "FAILED");
    else
      std::printf("  %-12s %12s %8s  %s\n", row.formulation.c_str(), "-", "-", row.note.c_str());
  }
  return result.passed;
}

}  // namespace

int main(int argc, char** argv) try {
  const auto entries = argc > 1 ? rankfill::read_entries(argv[1]) : made_up();
  bool right = true;
  for (const double weighting : {0.0, 0.5, 1.0}) right = check(entries, weighting) && right;
  std::puts(right ? "The gradient is right." : "The gradient is WRONG.");
  return right ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "check_gradient: %s\n", e.what());
  return 1;
}
