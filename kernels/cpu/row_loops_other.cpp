// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/row_loops_sets.hpp"

namespace rankfill {

RowLoopsChoice available_row_loops() {
  RowLoopsChoice choice{};
  choice.sets[choice.size++] = baseline_row_loops();
  return choice;
}

}  // namespace rankfill
