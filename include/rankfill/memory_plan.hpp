// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rankfill {

struct Entries;
struct Options;

/// What some device memory is for, and how much it is.
struct MemoryItem {
  std::string purpose;
  std::uint64_t bytes = 0;
};

/// The device memory that a fit on CUDA will hold, known before any is allocated.  A fit has two stages, and needs the larger.
struct MemoryPlan {
  std::uint64_t preparing_bytes = 0;  ///< at most at once while the entries are brought into order
  std::vector<MemoryItem> solving;    ///< all held together while the solver iterates; largest first

  std::uint64_t solving_bytes() const;
  std::uint64_t bytes() const;
};

/// The plan of solve() with the same arguments on a CUDA device.  What depends on how the entries spread over rows is an upper
/// bound; how narrowly values can be stored is judged by a sample of them.
MemoryPlan plan_device_memory(const Entries& train, const Options& options, const Entries* holdout = nullptr);

/// "planned 2.9 GB of 150 GB free: sorting the entries 2.9 GB; then entries by row 297 MB, ..."
std::string describe(const MemoryPlan& plan, std::uint64_t free_bytes);

}  // namespace rankfill
