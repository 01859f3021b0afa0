// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "kernels/loss.hpp"
#include "kernels/update.hpp"
#include "problem/problem.hpp"
#include "rankfill/check_gradient.hpp"
#include "solvers/gradient.hpp"

namespace rankfill {

/// Holds a claimed directional derivative <g, d> against differences of F along d.  docs/math.md Eq. 17-18.
/// `along(h)` is F(x + h d).
GradientCheckRow compare_with_differences(const std::function<double(double)>& along, double claimed_slope);

namespace detail {
/// Why a formulation is not checked on this problem; empty: it is.
inline std::string why_not_run(const HostProblem& host, Formulation formulation) {
  constexpr std::int64_t most_cells = std::int64_t{1} << 26;  // half a gigabyte
  if (formulation == Formulation::block && !host.is_block) return "not run: the entries do not fill a block";
  const std::int64_t rows = host.by_row.num_rows - host.empty_rows, cols = host.by_row.num_cols - host.empty_cols;
  if (formulation == Formulation::dense && rows > most_cells / cols)
    return "not run: " + std::to_string(rows) + " x " + std::to_string(cols) + " is large for a dense matrix";
  return {};
}
}  // namespace detail

/// check_gradient() on one backend, in float64.
template <Backend B>
GradientCheck check_gradient_on(B& backend, const Entries& entries, const Options& options) {
  Options asked = options;
  asked.formulation = Formulation::automatic;
  const HostProblem host = prepare_on_host(entries, asked, nullptr);
  GradientCheck check{.rows = {}, .passed = true};
  for (const auto formulation :
       {Formulation::entries, Formulation::scatter, Formulation::projection, Formulation::dense, Formulation::block}) {
    GradientCheckRow row;
    row.passed = true;
    row.note = detail::why_not_run(host, formulation);
    if (row.note.empty()) {
      auto problem =
          upload_problem<double, B>(backend, host, options.rank, formulation, formulation == Formulation::scatter);
      const auto shaped = [&](const char* purpose) {
        return Factors<double, B>(backend, problem.num_rows, problem.num_cols, options.rank, purpose);
      };
      auto at = shaped("the factors"), gradient = shaped("the gradient"), direction = shaped("the direction"),
           moved = shaped("a point on the line");
      at.row.values.upload(random_start(options.seed, 0, host.by_row.row_ptr, options.rank, host.value_rms));
      at.col.values.upload(random_start(options.seed, 1, host.by_col.row_ptr, options.rank, host.value_rms));
      Gradient<double, B> evaluator(backend, problem);
      const Measure here = evaluator.measure(at, gradient);

      // d: half along the gradient, so that the slope is far from zero; half random, so that it is no special direction
      direction.row.values.upload(random_start(options.seed, 2, host.by_row.row_ptr, options.rank, host.value_rms));
      direction.col.values.upload(random_start(options.seed, 3, host.by_col.row_ptr, options.rank, host.value_rms));
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
