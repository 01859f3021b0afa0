// SPDX-License-Identifier: Apache-2.0
#include "support/recovery_case.hpp"

namespace rankfill {
namespace {

TEST(RecoveryCuda, FindsTheMatrixAndItsRank) {
  const bench::Planted planted(24, 2, 100, 4, 1);
  for (const bool estimate : {false, true}) {
    Options o = test::recovering(estimate ? 5 : 2, {Device::Kind::cuda, 0});
    o.recover->estimate_rank = estimate;
    o.recover->check_fraction = 0.03;  // a dozen
    test::expect_recovered(planted, solve(planted.entries, o), 2);
  }
}

}  // namespace
}  // namespace rankfill
