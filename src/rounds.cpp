// SPDX-License-Identifier: Apache-2.0
#include "rounds.hpp"

#include <algorithm>
#include <utility>

namespace rankfill {

namespace {

/// `row`, of the round after `before`, counted from the beginning.
IterationSummary shifted(IterationSummary row, const Summary& before) {
  row.iteration += before.iterations;
  row.passes += before.passes;
  row.seconds += before.seconds.solve;
  return row;
}

template <class Values>
std::vector<double> in_double(const Values& values) {
  return std::visit([](const auto& x) { return std::vector<double>(x.begin(), x.end()); }, values);
}

}  // namespace

FactorMatrix append(const FactorMatrix& a, const FactorMatrix& b, int most) {
  const int added = std::min(b.rank, most - a.rank), rank = a.rank + added;
  const std::vector<double> x = in_double(a.values), y = in_double(b.values);
  std::vector<double> both(static_cast<std::size_t>(a.num_rows * rank));
  for (std::int64_t i = 0; i < a.num_rows; ++i) {
    std::copy_n(x.begin() + i * a.rank, a.rank, both.begin() + i * rank);
    std::copy_n(y.begin() + i * b.rank, added, both.begin() + i * rank + a.rank);
  }
  return {a.num_rows, rank, std::move(both)};
}

void prepend(const Summary& before, Summary& last) {
  for (IterationSummary& row : last.history) row = shifted(row, before);
  // the last row of a round is the point where the next begins, but for the columns appended
  if (!before.history.empty())
    last.history.insert(last.history.begin(), before.history.begin(), before.history.end() - 1);
  last.iterations += before.iterations;
  last.passes += before.passes;
  last.seconds.prepare += before.seconds.prepare;
  last.seconds.solve += before.seconds.solve;
  last.seconds.finish += before.seconds.finish;
  last.device_bytes = std::max(last.device_bytes, before.device_bytes);
}

std::function<CallbackAction(const IterationSummary&)> callback_after(const Summary& before, const Options& options) {
  if (!options.callback) return nullptr;
  return [&](const IterationSummary& row) { return options.callback(shifted(row, before)); };
}

}  // namespace rankfill
