// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "cli/console.hpp"
#include "rankfill/summary.hpp"

namespace rankfill::cli {

/// The table of iterations as it grows.  Every row shows live on a terminal; lines for the record are thinned out as the
/// iterations pass: all of the first ten, then every tenth of a power of ten, and one if ten seconds passed without.
/// Under --verbose all.
class IterationTable {
 public:
  /// `heldout_name` heads the held-out column, "" leaves it out.
  IterationTable(Console& console, std::string heldout_name);

  void row(const IterationSummary& iteration);
  /// Puts the last row on record.
  void finish(const IterationSummary& last);

 private:
  using Clock = std::chrono::steady_clock;

  std::string text(const IterationSummary& iteration) const;
  void record(const IterationSummary& iteration);

  Console& console_;
  std::string heldout_name_;
  int recorded_ = -1;  // the iteration last put on record
  Clock::time_point recorded_at_ = Clock::now();
  Clock::time_point shown_at_{};
};

}  // namespace rankfill::cli
