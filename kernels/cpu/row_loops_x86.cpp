// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/row_loops_sets.hpp"

namespace rankfill {

RowLoopsChoice available_row_loops() {
  RowLoopsChoice choice{};
  // What the compiler may use in a file built for x86-64-v4 and x86-64-v3.
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                  __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  if (v4) choice.sets[choice.size++] = avx512_row_loops();
  if (v3) choice.sets[choice.size++] = avx2_row_loops();
  choice.sets[choice.size++] = baseline_row_loops();
  return choice;
}

}  // namespace rankfill
