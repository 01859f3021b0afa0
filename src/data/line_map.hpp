// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace rankfill::data {

/// Which lines the entries of one chunk stand on, for messages: consecutive ones, but for blank lines between.
struct LineMap {
  std::int64_t first_line = 1;
  std::int64_t count = 0;             ///< entries in the chunk
  std::vector<std::int64_t> skipped;  ///< blank lines, ascending
  bool exact = true;                  ///< false once there were too many of those to remember

  void skip(std::int64_t line) {
    constexpr std::size_t kMostRemembered = 4096;
    if (skipped.size() < kMostRemembered) {
      skipped.push_back(line);
    } else {
      exact = false;
    }
  }
};

/// The line of the file that `entry` stands on; 0 when it is not known.
inline std::int64_t line_of(const std::vector<LineMap>& chunks, std::int64_t entry) {
  for (const LineMap& chunk : chunks) {
    if (entry >= chunk.count) {
      entry -= chunk.count;
      continue;
    }
    if (!chunk.exact) return 0;
    std::int64_t line = chunk.first_line + entry;
    for (const std::int64_t blank : chunk.skipped) line += blank <= line;
    return line;
  }
  return 0;
}

}  // namespace rankfill::data
