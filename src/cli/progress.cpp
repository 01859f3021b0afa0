// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <array>
#include <cstdio>

namespace rankfill::cli {

namespace {

constexpr std::chrono::milliseconds kBetweenLive{50};
constexpr std::chrono::seconds kLongestSilence{10};

bool is_milestone(int iteration) {
  int step = 1;
  while (iteration >= 10 * step) step *= 10;
  return iteration % step == 0;
}

}  // namespace

IterationTable::IterationTable(Console& console, std::string heldout_name)
    : console_(console), heldout_name_(std::move(heldout_name)) {
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), "%9s  %12s  %13s  %10s", "iteration", "objective", "rel. gradient",
                "train RMSE");
  std::string header = line.data();
  if (!heldout_name_.empty()) header += "  " + heldout_name_;
  console_.line(console_.bold(header + "   passes   seconds"));
}

std::string IterationTable::text(const IterationSummary& it) const {
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), "%9d  %12.6g  %13.2e  %#10.5g", it.iteration, it.objective,
                it.relative_gradient, it.train_rmse);
  std::string text = line.data();
  if (!heldout_name_.empty()) {
    std::snprintf(line.data(), line.size(), "  %#*.5g", static_cast<int>(heldout_name_.size()), it.holdout_rmse);
    text += line.data();
  }
  std::snprintf(line.data(), line.size(), "  %7.4g  %8.2f", it.passes, it.seconds);
  return text + line.data();
}

void IterationTable::record(const IterationSummary& iteration) {
  console_.line(text(iteration));
  recorded_ = iteration.iteration;
  recorded_at_ = Clock::now();
}

void IterationTable::row(const IterationSummary& iteration) {
  const auto now = Clock::now();
  if (is_milestone(iteration.iteration) || console_.is_verbose() || now - recorded_at_ > kLongestSilence) {
    record(iteration);
  } else if (now - shown_at_ > kBetweenLive) {
    console_.live(text(iteration));
    shown_at_ = now;
  }
}

void IterationTable::finish(const IterationSummary& last) {
  if (last.iteration != recorded_) record(last);
  console_.erase();
}

}  // namespace rankfill::cli
