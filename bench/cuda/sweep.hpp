// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/report.hpp"
#include "bench/workload.hpp"

// Which generated sets kernels_bench measures, at which ranks: a line each in sweep_sets().

namespace rankfill::bench {

struct SweepSet {
  Shape shape;
  std::vector<int> ranks;  ///< in float
  bool float64;            ///< at the first rank, too
};

struct SweepSets {
  std::vector<SweepSet> first;
  std::vector<SweepSet> then;  ///< after the sets that dense products compete on
};

/// What the aims are about comes first, then every shape at one rank, then the rest, for the case that time runs out.  Parts of
/// YahooMusic have more than 65,536 rows and columns, those of Hugewiki a factor that no cache holds.
inline SweepSets sweep_sets(const Arguments& arguments) {
  enum { netflix, ml25m, yahoomusic, hugewiki };
  const auto part = [](int set, double share, std::vector<int> ranks, bool float64) {
    Shape shape = shapes()[static_cast<std::size_t>(set)].scaled(share);
    if (share != 1) shape.name += " x " + Json(share).dump();
    return SweepSet{shape, std::move(ranks), float64};
  };
  if (arguments.large) return {{part(hugewiki, arguments.toy ? 1e-7 : 1, {arguments.toy ? 20 : 64}, false)}, {}};
  if (arguments.toy) return {{part(netflix, 5e-7, {20}, true)}, {}};
  if (arguments.quick)
    return {
        {part(netflix, 0.1, {64, 128}, false), part(yahoomusic, 0.1, {64}, false), part(hugewiki, 0.01, {64}, false)},
        {part(netflix, 0.1, {32, 16}, true)}};
  return {{part(netflix, 1, {64, 128}, false), part(yahoomusic, 0.1, {64}, false), part(hugewiki, 0.01, {64}, false),
           part(ml25m, 1, {64}, false)},
          {part(netflix, 1, {32, 16}, true), part(yahoomusic, 0.1, {128, 16}, true),
           part(hugewiki, 0.01, {128, 16}, true), part(ml25m, 1, {128, 32, 16}, true)}};
}

}  // namespace rankfill::bench
