// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>

#include "problem/memory_plan.hpp"
#include "rankfill/error.hpp"

namespace rankfill {

namespace {

using Bytes = std::uint64_t;

std::string text_of(Bytes bytes) {
  constexpr std::array units = {"B", "kB", "MB", "GB", "TB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 999.5 && unit + 1 < units.size(); ++unit) size /= 1000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit > 0 && size < 9.95 ? "%.1f %s" : "%.0f %s", size, units[unit]);
  return text.data();
}

/// The largest few, and the rest together.
std::string largest_of(const MemoryPlan& plan) {
  constexpr std::size_t few = 5;
  std::string text;
  if (plan.preparing_bytes > plan.solving_bytes())
    text = "sorting the entries " + text_of(plan.preparing_bytes) + ", then ";
  Bytes rest = 0;
  for (std::size_t i = 0; i < plan.solving.size(); ++i) {
    if (i >= few)
      rest += plan.solving[i].bytes;
    else
      text += (i > 0 ? ", " : "") + plan.solving[i].purpose + " " + text_of(plan.solving[i].bytes);
  }
  return rest > 0 ? text + ", rest " + text_of(rest) : text;
}

}  // namespace

void require_memory(const MemoryPlan& plan, Bytes free_bytes) {
  if (plan.bytes() > free_bytes)
    throw OutOfDeviceMemory(plan.bytes(), free_bytes, "the fit (" + largest_of(plan) + ")");
}

std::string describe(const MemoryPlan& plan, Bytes free_bytes) {
  return "planned " + text_of(plan.bytes()) + " of " + text_of(free_bytes) + " free: " + largest_of(plan);
}

}  // namespace rankfill
