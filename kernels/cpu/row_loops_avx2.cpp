// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/row_loops_for.hpp"
#include "kernels/cpu/row_loops_sets.hpp"

// AVX2 and FMA: 12 accumulators, 3 rows and a column fill the 16 registers.

namespace rankfill {
namespace {

struct Avx2 {
  static constexpr const char* name = "avx2";
  static constexpr int bytes = 32, columns = 4, vectors = 3, registers = 16;
};

}  // namespace

RowLoopsSet avx2_row_loops() { return {&Loops<float, Avx2>::table, &Loops<double, Avx2>::table}; }

}  // namespace rankfill
