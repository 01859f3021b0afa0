// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "problem/training_entries.hpp"
#include "rankfill/options.hpp"
#include "rankfill/solve.hpp"

namespace rankfill {

/// The CUDA device to use, or -1 for the CPU.  *Throws* BackendUnavailable when a CUDA device is asked for and is not there.
int resolve_device(Device device);

/// *Throws* InvalidOption for the first violated rule.
void require_valid(const Options& options);

/// solve() at one rank, with no regard to grow_rank.  `options` are valid.
Result solve_at_rank(const TrainingEntries& train, const Options& options, const Entries* holdout, const Start* start);

/// solve() with grow_rank: rounds of `at_rank`, which is solve() at one rank, each from where the last one ended.
Result solve_growing(const std::function<Result(const Options&, const Start*)>& at_rank, std::int64_t num_rows,
                     std::int64_t num_cols, const Options& options, const Start* start);

/// solve() with recover.
Result solve_recovery(const Entries& train, const Options& options, const Entries* holdout);

}  // namespace rankfill
