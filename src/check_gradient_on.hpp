// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "kernels/loss.hpp"
#include "kernels/update.hpp"
#include "kernels/random_start.hpp"
#include "problem/prepare.hpp"
#include "rankfill/check_gradient.hpp"
#include "solvers/gradient.hpp"

namespace rankfill {

/// Holds a claimed directional derivative <g, d> against differences of F along d.  docs/math.md Eq. 17-18.
/// `along(h)` is F(x + h d).
GradientCheckRow compare_with_differences(const std::function<double(double)>& along, double claimed_slope);

namespace detail {
/// Why a formulation is not checked on this problem; empty: it is.
inline std::string why_not_run(const DataFacts& facts, Formulation formulation) {
  constexpr std::int64_t most_cells = std::int64_t{1} << 26;  // half a gigabyte
  if (formulation == Formulation::block && !facts.is_block) return "not run: the entries do not fill a block";
  const std::int64_t rows = facts.num_rows - facts.empty_rows, cols = facts.num_cols - facts.empty_cols;
  if (formulation == Formulation::dense && rows > most_cells / cols)
    return "not run: " + std::to_string(rows) + " x " + std::to_string(cols) + " is large for a dense matrix";
  return {};
}
}  // namespace detail

/// check_gradient() on one backend, in float64.
template <Backend B>
GradientCheck check_gradient_on(B& backend, const Entries& entries, const Options& options) {
  Options asked = options;
  asked.formulation = Formulation::entries;
  auto problem = prepare<double>(backend, entries, asked, nullptr);
  const auto fill = [&](std::uint32_t first_stream, Factors<double, B>& x) {
    random_start(backend, options.seed, first_stream, problem.observations.by_row.row_ptr, problem.row_order,
                 problem.value_rms, x.row);
    random_start(backend, options.seed, first_stream + 1, problem.observations.by_col.row_ptr, problem.col_order,
                 problem.value_rms, x.col);
  };
  GradientCheck check{.rows = {}, .passed = true};
  for (const auto formulation :
       {Formulation::entries, Formulation::scatter, Formulation::projection, Formulation::dense, Formulation::block}) {
    GradientCheckRow row;
    row.passed = true;
    row.note = detail::why_not_run(problem, formulation);
    if (row.note.empty()) {
      use_formulation(backend, problem, formulation);
      const auto shaped = [&](const char* purpose) {
        return Factors<double, B>(backend, problem.num_rows, problem.num_cols, options.rank, purpose);
      };
      auto at = shaped("the factors"), gradient = shaped("the gradient"), direction = shaped("the direction"),
           moved = shaped("a point on the line");
      fill(0, at);
      Gradient<double, B> evaluator(backend, problem);
      const Measure here = evaluator.measure(at, gradient);

      // d: half along the gradient, so that the slope is far from zero; half random, so that it is no special direction
      fill(2, direction);
      const double length = std::sqrt(dot(backend, at, at));
      const double share = here.gradient_norm > 0 ? length / here.gradient_norm : 0;
      update(backend, share, gradient.row, 1, direction.row);
      update(backend, share, gradient.col, 1, direction.col);

      row = compare_with_differences(
          [&](double h) {
            moved.copy_from(at);
            update(backend, h, direction.row, 1, moved.row);
            update(backend, h, direction.col, 1, moved.col);
            return read_squared_error(backend, problem.observations.by_row, moved.row, moved.col) / 2 +
                   penalty(backend, problem, moved);
          },
          dot(backend, gradient, direction));
    }
    row.formulation = to_string(formulation);
    check.passed = check.passed && row.passed;
    check.rows.push_back(std::move(row));
  }
  return check;
}

}  // namespace rankfill
