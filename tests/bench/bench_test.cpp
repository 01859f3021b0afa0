// SPDX-License-Identifier: Apache-2.0
// Would the benchmark programs notice that what they time is wrong?
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "bench/cuda/gather.cuh"
#include "bench/cuda/kernel_set.hpp"
#include "bench/cuda/sweep.hpp"
#include "bench/report.hpp"
#include "bench/workload.hpp"
#include "tests/support/simt/control.hpp"
#include "tests/support/simt/testing.hpp"

namespace rankfill::bench {
namespace {

TEST(SpreadOf, IsMedianAndPercentilesBetweenNeighbours) {
  const Spread s = spread_of({10, 0, 5, 1, 2, 3, 4, 6, 7, 8, 9});
  EXPECT_EQ(s.repeats, 11);
  EXPECT_EQ(s.median, 5);
  EXPECT_EQ(s.low, 1);
  EXPECT_EQ(s.high, 9);
  EXPECT_EQ(spread_of({1, 2}).median, 1.5);
  EXPECT_EQ(spread_of({}).repeats, 0);
}

/// What `kernel` sums up over `ids` in a table of 64 rows in which word `wrong` is not what it should be (-1: all are).
template <class W, class... Parameters>
std::uint32_t gathered(void (*kernel)(Parameters...), std::size_t shared_bytes, const std::vector<std::int32_t>& ids,
                       int wrong) {
  constexpr int rows = 64, blocks = 2;
  std::vector<std::uint32_t> words(rows * W::row_bytes / 4);
  for (std::size_t w = 0; w < words.size(); ++w) words[w] = table_word(w);
  if (wrong >= 0) ++words[static_cast<std::size_t>(wrong)];
  const simt::DeviceArray<std::uint32_t> table(words),
      sums(std::vector<std::uint32_t>(blocks * kWarpsPerBlock, 0xFFFFFFFF));
  const simt::DeviceArray<std::int32_t> device_ids(ids);
  EXPECT_EQ(simt::run(blocks, kBlockThreads, shared_bytes, kernel, reinterpret_cast<const char*>(table.data()),
                      device_ids.data(), static_cast<std::int64_t>(ids.size()), sums.data()),
            cudaSuccess);
  std::uint32_t sum = 0;
  for (const std::uint32_t x : sums.download()) sum += x;
  return sum;
}

template <class W>
void expect_gathers() {
  const simt::Scope scope;
  std::vector<std::int32_t> ids;
  std::uint32_t want = 0;
  constexpr int words_per_row = W::row_bytes / 4;
  for (int p = 0; p < 256 * 9; ++p) {  // every row but the last; more tiles than warps, and not a multiple of them
    ids.push_back(p * 5 % 63);
    for (int w = 0; w < words_per_row; ++w)
      want += table_word(static_cast<std::uint64_t>(ids.back() * words_per_row + w));
  }
  constexpr std::size_t ring = std::size_t{kWarpsPerBlock} * kStages * warp_size * sizeof(uint4);
  const int seen = 40 * words_per_row + words_per_row - 1, unseen = 63 * words_per_row;

  for (const int wrong : {-1, unseen}) {
    EXPECT_EQ(gathered<W>(gather_rows_warp_per_tile<W, PlainLoad>, 0, ids, wrong), want);
    EXPECT_EQ(gathered<W>(gather_rows_async<W>, ring, ids, wrong), want);
  }
  EXPECT_NE(gathered<W>(gather_rows_warp_per_tile<W, PlainLoad>, 0, ids, seen), want);
  EXPECT_NE(gathered<W>(gather_rows_async<W>, ring, ids, seen), want);
  std::swap(ids[0], ids[1]);
  ids[1] = ids[2];  // one row twice, one row once less
  EXPECT_NE(gathered<W>(gather_rows_warp_per_tile<W, PlainLoad>, 0, ids, -1), want);
}

TEST(GatherSum, TellsARightGatherFromAWrongOne) {
  expect_gathers<Walk<2, 4>>();   // two ids a lane
  expect_gathers<Walk<2, 8>>();   // four
  expect_gathers<Walk<8, 4>>();   // two groups of loads a tile
  expect_gathers<Walk<32, 8>>();  // a row takes the whole warp
}

/// Two rows, three columns, rank 2; row 0 has the values 1, 2 at columns 0 and 2, row 1 has -1 at 1.
Csr<float, CudaBackend> two_rows(CudaBackend& backend, bool narrow) {
  Csr<float, CudaBackend> m;
  m.num_rows = 2;
  m.num_cols = m.num_entries = 3;
  m.row_ptr = {backend, std::vector<std::int64_t>{0, 2, 3}, "m"};
  if (narrow) {
    m.narrow_col_idx = {backend, std::vector<std::uint16_t>{0, 2, 1}, "m"};
    m.codes8 = {backend, std::vector<std::uint8_t>{4, 6, 0}, "m"};  // -1 + code / 2
    m.code_offset = -1;
    m.code_step = 0.5F;
  } else {
    m.col_idx = {backend, std::vector<std::int32_t>{0, 2, 1}, "m"};
    m.values = {backend, std::vector<float>{1, 2, -1}, "m"};
  }
  return m;
}
const std::vector<double> kFixed = {1, 0, 0.5, 0.5, 0, 2};
const std::vector<double> kStart = {1, 1, 0, 0};

TEST(SampledRows, AcceptTheGradientAndNothingElse) {
  const simt::Scope scope;
  CudaBackend backend(0);
  for (const bool narrow : {false, true}) {
    const auto m = two_rows(backend, narrow);
    const SampledRows rows(backend, m, kFixed, 2, 0, 0);
    // e = 1 - 1 = 0, 2 - 2 = 0 for row 0; -1 - 0 for row 1, so its gradient is (0.5, 0.5)
    const std::vector<float> gradient = {0, 0, 0.5F, 0.5F};
    constexpr double epsilon = std::numeric_limits<float>::epsilon();
    EXPECT_TRUE(rows.is_gradient(kStart, gradient, epsilon));
    for (std::size_t k = 0; k < gradient.size(); ++k) {
      std::vector<float> wrong = gradient;
      wrong[k] += 1e-3F;
      EXPECT_FALSE(rows.is_gradient(kStart, wrong, epsilon)) << k;
      wrong[k] = std::numeric_limits<float>::quiet_NaN();
      EXPECT_FALSE(rows.is_gradient(kStart, wrong, epsilon)) << k;
    }
  }
}

TEST(SampledRows, AcceptTheMinimiserAndNothingElse) {
  const simt::Scope scope;
  CudaBackend backend(0);
  const auto m = two_rows(backend, false);
  const SampledRows rows(backend, m, kFixed, 2, 0.5, 1);  // lambda n_i = 1 for row 0, 0.5 for row 1
  // row 0: (diag(1, 4) + 1) u = (1, 4);  row 1: ((0.25 0.25; 0.25 0.25) + 0.5) u = -(0.5, 0.5)
  const std::vector<float> minimiser = {0.5F, 0.8F, -0.5F, -0.5F}, lower = {0.6F, 0.85F, -0.3F, -0.3F};
  EXPECT_TRUE(rows.is_half_sweep(kStart, minimiser, true));
  EXPECT_TRUE(rows.is_half_sweep(kStart, lower, false));
  EXPECT_FALSE(rows.is_half_sweep(kStart, lower, true));
  EXPECT_FALSE(rows.is_half_sweep(kStart, std::vector<float>(kStart.begin(), kStart.end()), false)) << "no step at all";
  EXPECT_FALSE(rows.is_half_sweep(kStart, std::vector<float>{0.5F, 0.8F, 0.5F, 0.5F}, true)) << "one row the wrong way";
  EXPECT_FALSE(rows.is_half_sweep(kStart, std::vector<float>(4, std::numeric_limits<float>::quiet_NaN()), false));
}

TEST(Shapes, KeepTheirDensityWhenScaled) {
  for (const Shape& shape : shapes()) {
    const Shape small = shape.scaled(1e-3);
    const auto density = [](const Shape& s) {
      return static_cast<double>(s.num_entries) / static_cast<double>(s.num_rows) / static_cast<double>(s.num_cols);
    };
    // each side is rounded to a whole number
    const double rounding = 1.0 / static_cast<double>(small.num_rows) + 1.0 / static_cast<double>(small.num_cols);
    EXPECT_NEAR(density(small) / density(shape), 1, rounding) << shape.name;
    EXPECT_GT(small.num_entries, small.num_rows) << shape.name;
    EXPECT_GT(small.num_entries, small.num_cols) << shape.name;
  }
}

TEST(SweepSets, HaveWideMatricesAndFactorsThatNoCacheHoldsQuickOrNot) {
  for (const bool quick : {false, true}) {
    bool wide = false, beyond_caches = false;
    std::vector<std::string> measured;
    Arguments arguments;
    arguments.quick = quick;
    const SweepSets sets = sweep_sets(arguments);
    std::vector<SweepSet> all = sets.first;
    all.insert(all.end(), sets.then.begin(), sets.then.end());
    for (const SweepSet& set : all) {
      const Shape& s = set.shape;
      wide |= s.num_rows > 65536 && s.num_cols > 65536;
      beyond_caches |= std::max(s.num_rows, s.num_cols) * set.ranks.front() * 2 > 2 * (std::int64_t{60} << 20);
      for (const int rank : set.ranks) measured.push_back(s.name + ", " + std::to_string(rank));
    }
    EXPECT_TRUE(wide) << quick;
    EXPECT_TRUE(beyond_caches) << quick;
    EXPECT_EQ(measured[0], quick ? "netflix x 0.1, 64" : "netflix, 64") << "what the aims are about comes first";
    std::sort(measured.begin(), measured.end());
    EXPECT_EQ(std::adjacent_find(measured.begin(), measured.end()), measured.end()) << "nothing twice";
  }
  Arguments arguments;
  arguments.large = true;
  const SweepSets large = sweep_sets(arguments);
  ASSERT_EQ(large.first.size(), 1U);
  EXPECT_EQ(large.first[0].shape.num_entries, 3070000000);
}

}  // namespace
}  // namespace rankfill::bench
