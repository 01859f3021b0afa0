// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "rankfill/options.hpp"

namespace rankfill {

/// What `automatic` means for these options.
Precision choose_precision(const Options& options);

struct SolverChoice {
  SolverOptions solver;  ///< never AutoOptions
  std::string why;       ///< empty where nothing was left to choose
};

/// May this method follow a path of lambda?
template <class Method>
inline constexpr bool ends_recovery = std::is_same_v<Method, AlsOptions> || std::is_same_v<Method, VpLbfgsOptions> ||
                                      std::is_same_v<Method, NesterovAlsOptions>;

/// What `auto` means for a problem of this shape.  A function of its arguments alone, so the memory plan can ask too.
SolverChoice choose_solver(const Options& options, bool on_cpu, std::int64_t num_rows, std::int64_t num_cols,
                           std::int64_t num_entries);

}  // namespace rankfill
