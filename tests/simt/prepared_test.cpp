// SPDX-License-Identifier: Apache-2.0
#include "support/prepared_case.hpp"

namespace rankfill {
namespace {

TEST(PreparedCuda, FitsAsSolveDoes) {
  for (const Precision precision : {Precision::float32, Precision::float64, Precision::mixed})
    test::expect_fits_as_solve({Device::Kind::cuda, 0}, precision);
}

}  // namespace
}  // namespace rankfill
