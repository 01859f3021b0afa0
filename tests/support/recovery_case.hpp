// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "bench/planted.hpp"
#include "rankfill/solve.hpp"

namespace rankfill::test {

inline Options recovering(int rank, Device device = {Device::Kind::cpu, 0}) {
  Options o;
  o.device = device;
  o.rank = rank;
  o.max_iterations = 1000;
  o.recover.emplace();
  return o;
}

/// The verdict is `recovered`, and it is true of every entry, observed or not.
inline void expect_recovered(const bench::Planted& planted, const Result& result, int rank) {
  const Summary& s = result.summary;
  ASSERT_TRUE(s.recovery.has_value());
  EXPECT_EQ(s.recovery->verdict, RecoveryVerdict::recovered) << describe(*s.recovery);
  EXPECT_EQ(s.recovery->rank, rank);
  EXPECT_EQ(result.model.rank(), rank);
  EXPECT_EQ(s.termination, Termination::fitted) << s.message;
  EXPECT_EQ(s.precision_used, "float64");
  EXPECT_EQ(s.regularization, 0);
  EXPECT_LE(planted.relative_error(result.model), 1e-10);  // the tolerance of 1e-12, times what Omega leaves open
}

}  // namespace rankfill::test
