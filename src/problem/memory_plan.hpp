// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "rankfill/entries.hpp"
#include "rankfill/memory_plan.hpp"
#include "rankfill/options.hpp"

namespace rankfill {

/// All that the plan depends on, besides the options.
struct MemoryShape {
  std::int64_t num_rows = 0, num_cols = 0, num_entries = 0, num_holdout = 0;
  int value_bytes = 8;   ///< of a value while the entries are sorted: 4 when float holds all of them
  int stored_bytes = 8;  ///< of a value in the two orders: 1 or 2 when it is a code, else the scalar's
};

MemoryPlan plan_memory(const MemoryShape& shape, const Options& options);
/// With the bytes of values judged by some of them.
MemoryPlan plan_memory(MemoryShape shape, const std::vector<double>& sample, const Options& options);

/// *Throws* OutOfDeviceMemory when the plan needs more than is free; names the largest items.
void require_memory(const MemoryPlan& plan, std::uint64_t free_bytes);

}  // namespace rankfill
