// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "kernels/detail/draw_entry.hpp"
#include "kernels/generate_entries.hpp"

// The synthetic data sets: shapes of well-known ones with power-law counts, and the tables that kernels/generate_entries.hpp
// draws from.  The tables come from exp and pow of the host: within a run every backend draws from the same ones; two hosts
// whose mathematical libraries round differently may differ in the last bit of a limit.

namespace rankfill::bench {

/// Weight of the row or column of popularity rank r of `count`:  exp(-steepness (r / count)^exponent).
struct PowerLaw {
  double steepness, exponent;
  /// The law exp(-a r^b) of a set with `count` rows or columns.
  static PowerLaw of(double a, double b, double count) { return {a * std::pow(count, b), b}; }
  double weight(double relative_rank) const { return std::exp(-steepness * std::pow(relative_rank, exponent)); }
};

struct Shape {
  std::string name;
  std::int64_t num_rows, num_cols, num_entries;
  PowerLaw rows, cols;

  /// About factor times the entries at the same density.  Rows shrink by factor^a and columns by factor^(1 - a), a chosen so
  /// that the mean counts of both would reach one together; the laws stay in relative rank.
  Shape scaled(double factor) const {
    const auto mean_count = [&](std::int64_t count) {
      return std::log(static_cast<double>(num_entries) / static_cast<double>(count));
    };
    const double a = mean_count(num_cols) / (mean_count(num_rows) + mean_count(num_cols));
    const auto shrink = [&](std::int64_t count, double exponent) {
      return std::max<std::int64_t>(1, std::llround(static_cast<double>(count) * std::pow(factor, exponent)));
    };
    return {name, shrink(num_rows, a), shrink(num_cols, 1 - a), shrink(num_entries, 1), rows, cols};
  }
};

/// The laws are fitted to Netflix's counts: per column mean 5.6 k, median 561, at most 233 k; per row a mean of 206 and at most
/// 17.6 k.  MovieLens 25M has a steeper column law of its own; of YahooMusic and Hugewiki only the means are theirs.
inline std::vector<Shape> shapes() {
  const PowerLaw rows = PowerLaw::of(0.387, 0.21, 480189), cols = PowerLaw::of(0.092, 0.46, 17770);
  return {{"netflix", 480189, 17770, 99072112, rows, cols},
          {"ml25m", 162541, 59047, 25000095, rows, PowerLaw::of(0.238, 0.361, 59047)},
          {"yahoomusic", 1000990, 624961, 252800275, rows, cols},
          {"hugewiki", 50082603, 39780, 3070000000, rows, cols}};
}

/// What a Workload<B> is uploaded from.
struct HostWorkload {
  Shape shape;
  std::uint64_t seed = 0;
  std::uint32_t holdout_below = 0;
  std::int64_t signal_scale = 0;
  std::vector<std::int32_t> num_draws, col_bias, spectrum;
  std::vector<std::uint64_t> limits;
  std::vector<std::uint32_t> col_factors;
};

namespace detail {

/// A one-to-one map of [0, count) that carries neighbours far apart: popularity must not follow the index.
inline std::int64_t scatter(std::int64_t index, std::int64_t count) {
  std::int64_t step = std::max<std::int64_t>(1, static_cast<std::int64_t>(0.6180339887 * static_cast<double>(count)));
  while (std::gcd(step, count) != 1) ++step;
  return index * step % count;
}

/// Chance that a column of probability share / draws is drawn at least once: `share` is how many strata it covers.  It lies
/// anywhere relative to their bounds, so it covers part of one, of two, or at least one whole stratum.
inline double chance_drawn(double share) {
  if (share >= 2) return 1;
  return share < 1 ? share - share * share * share / 6 : 1 - (2 - share) * (2 - share) * (2 - share) / 6;
}

/// Ranks 1..count as classes of about equal weight: (relative rank of the middle, number of ranks).
inline std::vector<std::pair<double, double>> rank_classes(std::int64_t count) {
  std::vector<std::pair<double, double>> classes;
  for (std::int64_t first = 1; first <= count;) {
    const std::int64_t width = std::max<std::int64_t>(1, first / 40);
    const std::int64_t last = std::min(count, first + width - 1);
    classes.emplace_back(0.5 * static_cast<double>(first + last) / static_cast<double>(count),
                         static_cast<double>(last - first + 1));
    first = last + 1;
  }
  return classes;
}

/// How many draws the row of weight 1 must make for num_entries distinct ones in all.
inline double calibrate(const Shape& shape) {
  auto cols = rank_classes(shape.num_cols), rows = rank_classes(shape.num_rows);
  double total = 0;
  for (auto& [rank, number] : cols) total += (rank = shape.cols.weight(rank)) * number;
  for (auto& [rank, number] : rows) rank = shape.rows.weight(rank);
  const auto distinct = [&](double scale) {
    double sum = 0;
    for (const auto& [weight, number] : rows) {
      const double draws = std::max(1.0, scale * weight);
      for (const auto& [share, columns] : cols) sum += number * columns * chance_drawn(draws * share / total);
    }
    return sum;
  };
  double low = 1, high = 100.0 * static_cast<double>(shape.num_cols);
  for (int step = 0; step < 50; ++step) {
    const double middle = std::sqrt(low * high);
    (distinct(middle) < static_cast<double>(shape.num_entries) ? low : high) = middle;
  }
  return low;
}

}  // namespace detail

/// The tables for a shape.  `holdout`: the share of entries held out.
inline HostWorkload make_workload(const Shape& shape, std::uint64_t seed, double holdout) {
  HostWorkload w{shape, seed, static_cast<std::uint32_t>(std::llround(holdout * 0x1p32)), 0, {}, {}, {}, {}, {}};
  const auto relative_rank = [](std::int64_t index, std::int64_t count) {
    return (static_cast<double>(detail::scatter(index, count)) + 1) / static_cast<double>(count);
  };
  const double scale = detail::calibrate(shape);
  for (std::int64_t i = 0; i < shape.num_rows; ++i)
    w.num_draws.push_back(static_cast<std::int32_t>(
        std::max<std::int64_t>(1, std::llround(scale * shape.rows.weight(relative_rank(i, shape.num_rows))))));

  std::vector<double> sums;  // of the weights up to and with each column
  for (std::int64_t j = 0; j < shape.num_cols; ++j)
    sums.push_back((sums.empty() ? 0 : sums.back()) + shape.cols.weight(relative_rank(j, shape.num_cols)));
  for (const double sum : sums)
    w.limits.push_back(sum < sums.back() ? static_cast<std::uint64_t>(std::ldexp(sum / sums.back(), 64))
                                         : ~std::uint64_t{0});

  double power = 0;
  for (int r = 1; r <= kPlantedRank; ++r) {
    w.spectrum.push_back(static_cast<std::int32_t>(std::lround(256 * std::pow(r, -0.7))));
    power += std::pow(w.spectrum.back(), 2);
  }
  const double component_variance = (256.0 * 256.0 - 1) / 12;
  w.signal_scale = std::llround(kSignalDeviation * 0x1p32 / (component_variance * std::sqrt(power)));

  for (std::int64_t j = 0; j < shape.num_cols; ++j) {
    w.col_bias.push_back(scaled_bias(seed, j, DrawStream::col_bias, kColBiasScale));
    for (std::uint32_t block = 0; block < kPlantedRank / 16; ++block)
      for (const std::uint32_t word : draw_words(seed, j, block, DrawStream::col_factor)) w.col_factors.push_back(word);
  }
  return w;
}

template <class B>
Workload<B> upload_workload(B& backend, const HostWorkload& w) {
  return {w.shape.num_rows,
          w.shape.num_cols,
          w.seed,
          w.holdout_below,
          w.signal_scale,
          {backend, w.num_draws, "draws per row"},
          {backend, w.limits, "column limits"},
          {backend, w.col_bias, "column biases"},
          {backend, w.col_factors, "planted factors"},
          {backend, w.spectrum, "planted spectrum"}};
}

}  // namespace rankfill::bench
