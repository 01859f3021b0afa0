// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/long_rows.hpp"

#include <gtest/gtest.h>

#include "kernels/als_half.hpp"
#include "kernels/gradient_rows.hpp"
#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

/// U after a half-sweep of three steps.
template <class T>
std::vector<T> solved(const Case& c, int threads) {
  CpuBackend backend(threads);
  OnBackend<T, CpuBackend> s(backend, c);
  Buffer<double, CpuBackend> sums(backend, kHalfSweepSums, "sums");
  als_half(backend, s.problem.observations.by_row, 0.5, Buffer<T, CpuBackend>(), s.at.col, {.cg_steps = 3}, s.at.row,
           sums);
  return s.at.row.values.download();
}

/// The gradient of U, and the sum of squared residuals.
template <class T>
std::pair<std::vector<T>, double> gradient(const Case& c, int threads) {
  CpuBackend backend(threads);
  OnBackend<T, CpuBackend> s(backend, c);
  gradient_rows(backend, s.problem.observations.by_row, s.at.row, s.at.col, Gather::full, s.gradient.row, s.sum);
  return {s.gradient.row.values.download(), s.sum.download()[0]};
}

/// All rows but one left without entries.
Case only(Case c, std::int64_t row) {
  for (std::int64_t k = 0; k < c.dense.m * c.dense.n; ++k)
    if (k / c.dense.n != row)
      c.dense.value[static_cast<std::size_t>(k)] = c.dense.mask[static_cast<std::size_t>(k)] = 0;
  return c;
}

template <class T>
void expect_same_bits(const Case& c) {
  const std::vector<T> together = solved<T>(c, 1);
  for (const int threads : {2, 3}) {
    EXPECT_EQ(solved<T>(c, threads), together) << c.why << ", " << threads << " threads";
    EXPECT_EQ(gradient<T>(c, threads), gradient<T>(c, 1)) << c.why << ", " << threads << " threads";
  }
  for (std::int64_t row = 0; row < c.dense.m; ++row) {
    if (row == 1) continue;  // the empty one
    const std::vector<T> alone = solved<T>(only(c, row), 1);
    for (std::int64_t k = row * c.rank; k < (row + 1) * c.rank; ++k)
      EXPECT_EQ(alone[static_cast<std::size_t>(k)], together[static_cast<std::size_t>(k)]) << c.why << ", row " << row;
  }
}

TEST(LongRows, GiveARowTheSameBitsWhateverIsBesideIt) {
  // v takes several blocks; some rows are long, some short, one is empty
  constexpr std::int64_t kNumbers = 3 * kBlockBytes / static_cast<std::int64_t>(sizeof(float));
  for (const int rank : {20, 64, 128, 144}) {
    Case c = make_case("rows of many entries and of few", 20, kNumbers / rank, rank, 60, 5);
    for (std::int64_t row = 10; row < 20; ++row)
      for (std::int64_t j = 3 * row; j < c.dense.n; ++j) {
        const auto at = static_cast<std::size_t>(row * c.dense.n + j);
        c.dense.value[at] = c.dense.mask[at] = 0;
      }
    expect_same_bits<float>(c);
    expect_same_bits<double>(c);
  }
}

}  // namespace
}  // namespace rankfill::testing
