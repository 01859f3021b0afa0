// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/row_loops_for.hpp"
#include "kernels/cpu/row_loops_sets.hpp"

// What every processor of the target has: SSE2 or NEON (16 registers are assumed).

namespace rankfill {
namespace {

struct Baseline {
  static constexpr const char* name = "baseline";
  static constexpr int bytes = 16, columns = 4, vectors = 2, registers = 16;
};

}  // namespace

RowLoopsSet baseline_row_loops() { return {&Loops<float, Baseline>::table, &Loops<double, Baseline>::table}; }

}  // namespace rankfill
