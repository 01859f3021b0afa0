// SPDX-License-Identifier: Apache-2.0
#include "kernels/detail/ordered_sum.cuh"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/support/simt/control.hpp"

namespace {

using rankfill::Buffer;
using rankfill::CudaBackend;
using rankfill::ordered_sum;
using rankfill::ordered_sum_piece;

std::vector<double> numbers(std::int64_t count) {
  std::vector<double> x(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<double>(i) + 0.5);
  return x;
}

template <int terms>
std::vector<double> sums(CudaBackend& backend, const std::vector<double>& rows) {
  Buffer<double, CudaBackend> partial(backend, rows, "rows"), out(backend, terms, "sums");
  ordered_sum<terms>(backend, partial.data(), static_cast<std::int64_t>(rows.size()) / terms, out.data());
  return out.download();
}

template <int terms>
void check(std::int64_t count) {
  CudaBackend backend(0);
  const std::vector<double> rows = numbers(count * terms);
  std::vector<double> want(terms);
  for (std::size_t i = 0; i < rows.size(); ++i) want[i % terms] += rows[i];

  const std::vector<double> got = sums<terms>(backend, rows);

  const double within =
      static_cast<double>(count) * static_cast<double>(count) * std::numeric_limits<double>::epsilon();
  for (int t = 0; t < terms; ++t)
    EXPECT_NEAR(got[static_cast<std::size_t>(t)], want[static_cast<std::size_t>(t)], within) << count << " rows";
  simt::set_seed(99);  // blocks and threads in another order
  EXPECT_EQ(sums<terms>(backend, rows), got) << count << " rows";
}

struct OrderedSum : testing::Test {
  simt::Scope scope;
};

TEST_F(OrderedSum, AddsEveryRowOnceInAnOrderOfItsOwn) {
  for (const std::int64_t count : {0, 1, 255, 256, 257, 4096, 4097, 8192, 100000}) {
    check<1>(count);
    check<3>(count);
  }
}

TEST_F(OrderedSum, TakesOneLaunchForFewRowsAndTwoForMany) {
  CudaBackend backend(0);
  const auto launches = [&](std::int64_t count) {
    const std::int64_t before = simt::num_launches();
    sums<1>(backend, numbers(count));
    return simt::num_launches() - before;
  };

  EXPECT_EQ(launches(4096), 1);
  EXPECT_EQ(launches(4097), 2);
}

TEST_F(OrderedSum, NeedsAtMost1024Blocks) {
  for (const std::int64_t count : {std::int64_t{1} << 22, (std::int64_t{1} << 22) + 1, std::int64_t{1} << 40}) {
    const std::int64_t piece = ordered_sum_piece(count);
    EXPECT_LE((count + piece - 1) / piece, 1024) << count;
    EXPECT_GT((count + piece - 1) / piece, 1000) << count;
  }
}

}  // namespace
