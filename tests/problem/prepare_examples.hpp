// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/kernel_case.hpp"

// Entries for both ways of preparing a problem, each with what is special about it.

namespace rankfill::testing {

/// Entries of an m x n matrix in a scattered order, `percent` of all; row 1 and column 2 stay empty, column 0 is nearly full.
inline Entries scattered(std::int64_t m, std::int64_t n, std::uint32_t percent,
                         const std::function<double(double)>& value) {
  Entries e;
  e.num_rows = m;
  e.num_cols = n;
  const std::int64_t cells = m * n, stride = 7919;  // a prime that divides no shape used here
  for (std::int64_t t = 0; t < cells; ++t) {
    const std::int64_t cell = t * stride % cells, i = cell / n, j = cell % n;
    const auto a = static_cast<std::uint32_t>(i), b = static_cast<std::uint32_t>(j);
    const std::uint32_t below = j == 0 ? 95 : percent * (2 - b % 2);
    if (i == 1 || j == 2 || philox({a, b, 0, 0}, {1, 2})[0] % 100 >= below) continue;
    e.rows.push_back(static_cast<std::int32_t>(i));
    e.cols.push_back(static_cast<std::int32_t>(j));
    e.values.push_back(value(number(a, b, 5)));
  }
  return e;
}

inline double half_stars(double x) { return 2.75 + std::round(4.5 * x) / 2; }
inline double two_decimals(double x) { return std::round(1000 * x) / 100; }
inline double anything(double x) { return x; }
inline double large(double x) { return 1e6 + x; }

struct Example {
  std::string why;
  Entries train;
  Options options{};
  std::optional<Entries> holdout{};
};

inline Options with(Center center, double weighting = 0) {
  Options o;
  o.rank = 6;
  o.center = center;
  o.weighting = weighting;
  return o;
}

inline std::vector<Example> examples() {
  std::vector<Example> all;
  for (const Center center : {Center::none, Center::mean, Center::bias}) {
    const std::string name(to_string(center));
    all.push_back({"half stars, " + name, scattered(37, 23, 30, half_stars), with(center, 1)});
    all.push_back({"two decimals, " + name, scattered(37, 23, 30, two_decimals), with(center, 0.5)});
    all.push_back({"no grid, " + name, scattered(23, 37, 20, anything), with(center)});
    all.push_back({"a large mean, " + name, scattered(19, 11, 40, large), with(center)});
  }
  all.push_back({"long rows, several chunks", scattered(5, 4001, 50, half_stars), with(Center::bias)});

  Entries one;
  one.num_rows = 3;
  one.num_cols = 2;
  one.rows = {1};
  one.cols = {1};
  one.values = {0.1};
  all.push_back({"one entry", one, with(Center::mean)});
  one.num_rows = one.num_cols = 1;
  one.rows = one.cols = {0};
  all.push_back({"one cell", one, with(Center::bias)});

  Entries wide = scattered(6, 9, 60, half_stars);
  wide.num_cols = 70001;
  for (std::int32_t& col : wide.cols) col = 8750 * col;
  all.push_back({"more columns than 16 bits number", wide, with(Center::mean)});
  wide.num_cols = 65536 + 8;  // one side narrow in the end: 65,536 is the last
  all.push_back({"columns beyond 16 bits, unused", scattered(6, 9, 60, half_stars), with(Center::mean)});
  all.back().train.num_cols = 65536;

  Entries block = scattered(1, 1, 0, half_stars);
  block.num_rows = 9, block.num_cols = 7;
  for (const std::int32_t i : {8, 0, 3})
    for (const std::int32_t j : {5, 1, 2, 6})
      block.rows.push_back(i), block.cols.push_back(j), block.values.push_back(half_stars(number(9, i, j)));
  all.push_back({"a block", block, with(Center::mean)});
  all.push_back({"no block, dense asked for", scattered(9, 8, 50, half_stars), with(Center::mean)});
  all.back().options.formulation = Formulation::dense;
  all.push_back({"triplets", scattered(9, 8, 50, half_stars), with(Center::mean)});
  all.back().options.formulation = Formulation::scatter;

  for (const auto& value : {half_stars, anything}) {
    Example held{"held out", scattered(31, 17, 40, value), with(Center::bias), scattered(31, 17, 15, value)};
    for (std::size_t p = 0; p < held.holdout->rows.size(); p += 5) held.holdout->rows[p] = -1;
    for (std::size_t p = 0; p < held.holdout->rows.size(); p += 7) held.holdout->cols[p] = -1;
    held.holdout->rows.push_back(held.holdout->rows[1]);  // twice the same pair, with another value
    held.holdout->cols.push_back(held.holdout->cols[1]);
    held.holdout->values.push_back(value(0.25));
    all.push_back(held);
  }
  Example unseen{"held out, nothing known", scattered(31, 17, 40, half_stars), with(Center::bias), one};
  unseen.holdout->num_rows = 31, unseen.holdout->num_cols = 17;
  unseen.holdout->rows = {-1};
  all.push_back(unseen);
  return all;
}

}  // namespace rankfill::testing
