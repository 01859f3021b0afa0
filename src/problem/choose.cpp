// SPDX-License-Identifier: Apache-2.0
#include "problem/choose.hpp"

#include <algorithm>
#include <variant>

namespace rankfill {

Precision choose_precision(const Options& options) {
  if (options.precision != Precision::automatic) return options.precision;
  if (options.recover) return Precision::float64;
  const bool strict = options.gradient_tolerance > 0 && options.gradient_tolerance < 2e-6;
  return strict ? Precision::float64 : Precision::float32;
}

SolverChoice choose_solver(const Options& options, bool on_cpu, std::int64_t num_rows, std::int64_t num_cols,
                           std::int64_t num_entries) {
  if (!std::holds_alternative<AutoOptions>(options.solver)) return {options.solver, ""};
  const bool wide = choose_precision(options) == Precision::float64;
  if (!on_cpu && !wide && options.rank <= 256) return {NesterovAlsOptions{}, "its half-sweeps run on the tensor cores"};

  // In double: products of three 64-bit counts, which need not be exact.
  const double size = wide ? 8 : 4, rank = options.rank;
  const auto rows = static_cast<double>(num_rows), cols = static_cast<double>(num_cols);
  const double systems = std::min(rows, cols) * rank * (rank + 1) / 2 * size;
  if (on_cpu && options.rank >= 256 && static_cast<double>(num_entries) >= rows * cols / 4)
    return {SLbfgsOptions{}, "many entries per row and a high rank: without row systems its iterations are cheap"};
  const double held = 2 * static_cast<double>(num_entries) * (4 + size) + 3 * (rows + cols) * rank * size;
  constexpr double always = 64 << 20;
  if (systems > std::max(always, held / 4))
    return {NesterovAlsOptions{}, "the row systems of vp-lbfgs would be large beside the data"};
  // No sweeps before: its first step is one, and with more it ends in worse minima more often.  docs/performance.md, Convergence
  return {VpLbfgsOptions{}, "the fewest passes to an accurate optimum, and its row systems fit"};
}

}  // namespace rankfill
