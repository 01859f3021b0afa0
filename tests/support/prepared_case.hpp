// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/detail/normal_pair.hpp"
#include "prepared.hpp"
#include "problem/start.hpp"

namespace rankfill::test {

/// `share` of the entries of a rows x cols matrix of rank 3 with singular directions of like strength, plus noise of
/// deviation `noise`; `draw` picks which.
inline Entries planted(int rows, int cols, double share, double noise, std::uint32_t draw = 0) {
  constexpr int rank = 3;
  const auto offsets = [](int count) {
    std::vector<std::int64_t> row_ptr;
    for (std::int64_t i = 0; i <= count; ++i) row_ptr.push_back(i);
    return row_ptr;
  };
  const auto u = random_start(1, 0, offsets(rows), rank, 1), v = random_start(1, 1, offsets(cols), rank, 1);
  Entries e;
  e.num_rows = rows;
  e.num_cols = cols;
  for (std::int32_t i = 0; i < rows; ++i)
    for (std::int32_t j = 0; j < cols; ++j) {
      const auto place = static_cast<std::uint32_t>(i), other = static_cast<std::uint32_t>(j);
      if (philox({place, other, 5, draw}, {3, 0})[0] * 0x1p-32 >= share) continue;
      double value = noise * normal_pair<double>(7 + draw, 2, place, other)[0];
      for (int k = 0; k < rank; ++k)
        value += u[static_cast<std::size_t>(i * rank + k)] * v[static_cast<std::size_t>(j * rank + k)];
      e.rows.push_back(i);
      e.cols.push_back(j);
      e.values.push_back(value);
    }
  return e;
}

/// Fits of one preparation, in an order that changes rank and weighting to and fro, give the bits of solve().
inline void expect_fits_as_solve(Device device, Precision precision) {
  const Entries train = planted(40, 30, 0.5, 0.1), holdout = planted(40, 30, 0.1, 0.1, 1);
  Options o;
  o.device = device;
  o.precision = precision;
  o.solver = AlsOptions{};
  o.center = Center::bias;
  o.max_iterations = 4;
  o.rank = 8;
  with_prepared(train, o, &holdout, [&](const PreparedData& data) {
    for (const auto& [rank, weighting, lambda] : std::vector<std::tuple<int, double, double>>{
             {8, 0, 1}, {3, 1, 0.1}, {8, 1, 0.1}, {8, 0.5, 0.3}, {5, 0, 2}, {8, 0, 1}}) {
      Options wanted = o;
      wanted.rank = rank;
      wanted.weighting = weighting;
      wanted.regularization = -1;
      const Result automatic = solve(train, wanted, &holdout);
      EXPECT_EQ(data.automatic_regularization(weighting), automatic.summary.regularization);
      wanted.regularization = lambda;
      const Result once = solve(train, wanted, &holdout), again = data.fit(wanted, nullptr);
      EXPECT_EQ(once.model.row_factors.values, again.model.row_factors.values) << rank << " " << weighting;
      EXPECT_EQ(once.model.col_factors.values, again.model.col_factors.values) << rank << " " << weighting;
      EXPECT_EQ(once.model.row_bias, again.model.row_bias);
      EXPECT_EQ(once.summary.holdout_rmse, again.summary.holdout_rmse);
      EXPECT_EQ(again.summary.regularization, lambda);
      EXPECT_EQ(once.model.options_json, again.model.options_json);
    }
  });
}

}  // namespace rankfill::test
