// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "rankfill/options.hpp"

namespace rankfill {

/// What `automatic` means for these options.
Precision choose_precision(const Options& options);

struct SolverChoice {
  SolverOptions solver;  ///< never AutoOptions
  std::string why;       ///< empty where nothing was left to choose
};

/// What `auto` means for a problem of this shape.  A function of its arguments alone, so the memory plan can ask too.
SolverChoice choose_solver(const Options& options, bool on_cpu, std::int64_t num_rows, std::int64_t num_cols,
                           std::int64_t num_entries);

}  // namespace rankfill
