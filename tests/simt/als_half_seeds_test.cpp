// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kernels/als_half.hpp"
#include "tests/support/kernel_case.hpp"
#include "tests/support/simt/control.hpp"

// Half-sweeps on the tensor cores in several orders of blocks, warps and lanes: a missing barrier or wait gives other bits.

namespace rankfill::testing {
namespace {

TEST(AlsHalfSeeds, GiveTheSameBits) {
  const simt::Scope scope;
  for (const int rank : {20, 60, 90, 140})
    for (const Gather gather : {Gather::half, Gather::full})
      for (const int cg_steps : {0, 3}) {
        const Case c = make_case("ragged, one row cut in pieces", 9, 70, rank, 40, 3);
        std::vector<float> first;
        for (const std::uint64_t seed : {0, 1, 2, 3}) {
          simt::set_seed(seed);
          CudaBackend backend(0);
          OnBackend<float, CudaBackend> s(backend, c);
          s.problem.observations.by_row.solve_plan = upload_plan(backend, plan_rows(s.host.by_row.row_ptr, 30, 8));
          Buffer<double, CudaBackend> sums(backend, kHalfSweepSums, "sums");

          als_half(backend, s.problem.observations.by_row, 0.5, s.weights, s.at.col, {gather, cg_steps}, s.at.row,
                   sums);

          const auto bits = s.at.row.values.download();
          if (seed == 0) first = bits;
          EXPECT_EQ(bits, first) << "rank " << rank << ", seed " << seed;
        }
      }
}

}  // namespace
}  // namespace rankfill::testing
