// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/row_loops_for.hpp"
#include "kernels/cpu/row_loops_sets.hpp"

// AVX-512: 24 accumulators, 3 rows and a column of the 32 registers.

namespace rankfill {
namespace {

struct Avx512 {
  static constexpr const char* name = "avx512";
  static constexpr int bytes = 64, columns = 8, vectors = 3, registers = 32;
};

}  // namespace

RowLoopsSet avx512_row_loops() { return {&Loops<float, Avx512>::table, &Loops<double, Avx512>::table}; }

}  // namespace rankfill
