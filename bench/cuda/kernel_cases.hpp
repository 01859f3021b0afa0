// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "bench/cuda/kernel_set.hpp"
#include "kernels/gradient_block.hpp"
#include "kernels/gradient_projection.hpp"
#include "kernels/gradient_rows.hpp"
#include "kernels/gradient_scatter.hpp"
#include "kernels/loss.hpp"

// Which kernels are measured: a line each in kernel_cases().

namespace rankfill::bench {

/// What a case computes.  Cases of one task are compared with each other.
enum class Task { gradient, loss, solve_rows, solve_cols, factor };

template <class T>
struct KernelCase {
  Task task;
  const char* kernel;
  const char* how;  ///< what sets it apart from other lines of the same kernel
  bool baseline;    ///< kept in the tree to be beaten
  Gather gather;    ///< in what precision factor rows are fetched
  bool dense;       ///< needs the observed block
  bool exact;       ///< task solve_*: reaches the minimiser
  void (*call)(KernelSet<T>&);
};

template <class T>
void both_gradients(KernelSet<T>& s, Gather gather) {
  const auto& o = s.problem.observations;
  gradient_rows(s.backend, o.by_col, s.at.col, s.at.row, gather, s.gradient.col, s.squared_error);
  gradient_rows(s.backend, o.by_row, s.at.row, s.at.col, gather, s.gradient.row, s.squared_error);
}

template <class T>
void solve_side(KernelSet<T>& s, bool rows, Gather gather, int cg_steps) {
  const auto& o = s.problem.observations;
  auto& solved = rows ? s.at.row : s.at.col;
  als_half(s.backend, rows ? o.by_row : o.by_col, s.problem.lambda,
           rows ? s.problem.row_weights : s.problem.col_weights, rows ? s.at.col : s.at.row, {gather, cg_steps}, solved,
           s.sums);
}

template <class T>
void factor_outer(KernelSet<T>& s) {
  const auto& o = s.problem.observations;
  const bool rows = s.rows_are_outer();
  auto& g = rows ? s.gradient.row : s.gradient.col;
  if (!s.systems) s.systems.emplace(s.backend, g.num_rows, s.rank);
  factor_rows(s.backend, rows ? o.by_row : o.by_col, s.problem.lambda,
              rows ? s.problem.row_weights : s.problem.col_weights, rows ? s.at.col : s.at.row,
              rows ? s.at.row : s.at.col, g, *s.systems, s.squared_error);
}

/// All cases for one scalar.  A new kernel: one line.
template <class T>
std::vector<KernelCase<T>> kernel_cases() {
  using S = KernelSet<T>&;
  constexpr auto full = Gather::full, half = Gather::half;
  std::vector<KernelCase<T>> cases = {
      {Task::gradient, "gradient_rows", "", false, full, false, false, [](S s) { both_gradients(s, full); }},
      {Task::gradient, "gradient_rows", "fp16 gather", false, half, false, false, [](S s) { both_gradients(s, half); }},
      {Task::gradient, "gradient_scatter", "COO, atomics", true, full, false, false,
       [](S s) { gradient_scatter(s.backend, s.problem.observations, s.at, s.gradient, s.squared_error); }},
      {Task::gradient, "gradient_projection", "cuSPARSE", true, full, false, false,
       [](S s) {
         gradient_projection(s.backend, s.problem.observations, s.at, s.residual, s.gradient, s.squared_error);
       }},
      {Task::gradient, "gradient_block", "cuBLAS, dense, masked", true, full, true, false,
       [](S s) { gradient_block(s.backend, s.problem.block, s.at, s.gradient, s.squared_error); }},
      {Task::loss, "loss", "", false, full, false, false,
       [](S s) { read_squared_error(s.backend, s.problem.observations.by_row, s.at.row, s.at.col); }},
      {Task::solve_rows, "als_half", "exact", false, full, false, true, [](S s) { solve_side(s, true, full, 0); }},
      {Task::solve_rows, "als_half", "fp16 gather, exact", false, half, false, true,
       [](S s) { solve_side(s, true, half, 0); }},
      {Task::solve_rows, "als_half", "fp16 gather, CG 3", false, half, false, false,
       [](S s) { solve_side(s, true, half, 3); }},
      {Task::solve_cols, "als_half", "exact", false, full, false, true, [](S s) { solve_side(s, false, full, 0); }},
      {Task::solve_cols, "als_half", "fp16 gather, exact", false, half, false, true,
       [](S s) { solve_side(s, false, half, 0); }},
      {Task::solve_cols, "als_half", "fp16 gather, CG 3", false, half, false, false,
       [](S s) { solve_side(s, false, half, 3); }},
      {Task::factor, "factor_rows", "fewer rows", false, full, false, true, [](S s) { factor_outer(s); }},
  };
  if constexpr (!std::is_same_v<T, float>)  // float16 copies belong to float32
    std::erase_if(cases, [](const auto& c) { return c.gather == Gather::half; });
  return cases;
}

}  // namespace rankfill::bench
