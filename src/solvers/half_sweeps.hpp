// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/als_half.hpp"
#include "problem/problem.hpp"

namespace rankfill {

/// How half-sweeps are done for AlsOptions::cg_steps.  Chosen automatically, conjugate gradients bring <r, D^-1 r> of a row down
/// to a hundredth: on ratings three steps do, smooth dense data take more.
template <class T, class B>
HalfSweepControl half_sweep_control(const Problem<T, B>& problem, int rank, int cg_steps) {
  const bool automatic = cg_steps < 0;
  return {.gather = problem.gather,
          .cg_steps = automatic ? B::template automatic_cg_steps<T>(rank) : cg_steps,
          .cg_tolerance = automatic ? 1e-2 : 0};
}

}  // namespace rankfill
