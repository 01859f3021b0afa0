// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/row_loops.hpp"

namespace rankfill {

/// The loops for one instruction set.
struct RowLoopsSet {
  const RowLoops<float>* for_float;
  const RowLoops<double>* for_double;
};

RowLoopsSet baseline_row_loops();
RowLoopsSet avx2_row_loops();    ///< x86-64 only
RowLoopsSet avx512_row_loops();  ///< x86-64 only

/// What this processor runs, the fastest first.  row_loops_x86.cpp or row_loops_other.cpp, as the build says.
struct RowLoopsChoice {
  RowLoopsSet sets[3];
  int size;
};
RowLoopsChoice available_row_loops();

}  // namespace rankfill
