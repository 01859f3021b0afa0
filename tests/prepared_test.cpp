// SPDX-License-Identifier: Apache-2.0
#include "support/prepared_case.hpp"

#include "rankfill/error.hpp"

namespace rankfill {
namespace {

constexpr Device kCpu{Device::Kind::cpu, 0};

TEST(Prepared, FitsAsSolveDoes) {
  test::expect_fits_as_solve(kCpu, Precision::float32);
  test::expect_fits_as_solve(kCpu, Precision::float64);
}

TEST(Prepared, StartsWhereItIsTold) {
  const Entries train = test::planted(30, 20, 0.5, 0.1);
  Options o;
  o.device = kCpu;
  o.rank = 4;
  o.regularization = 0.5;
  o.max_iterations = 3;
  const Result first = solve(train, o);
  const Start start{first.model.row_factors, first.model.col_factors};
  with_prepared(train, o, nullptr, [&](const PreparedData& data) {
    EXPECT_EQ(data.fit(o, &start).model.col_factors.values, solve(train, o, nullptr, &start).model.col_factors.values);
    o.rank = 5;
    EXPECT_THROW(data.fit(o, &start), InvalidOption);
    o.rank = 0;
    EXPECT_THROW(data.fit(o, nullptr), InvalidOption);
  });
}

TEST(Prepared, RefusesWhatSolveRefuses) {
  Entries train = test::planted(30, 20, 0.5, 0.1);
  Options o;
  o.device = kCpu;
  const auto never = [](const PreparedData&) { FAIL(); };
  train.rows[0] = 30;
  EXPECT_THROW(with_prepared(train, o, nullptr, never), InvalidData);
  train.rows[0] = 0;
  o.rank = 0;
  EXPECT_THROW(with_prepared(train, o, nullptr, never), InvalidOption);
}

}  // namespace
}  // namespace rankfill
