// SPDX-License-Identifier: Apache-2.0
#include "kernels/detail/gather_copy.cuh"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/simt/control.hpp"

namespace rankfill {
namespace {

struct GatherCopy : testing::Test {
  simt::Scope scope;
  CudaBackend backend{0};

  Factor<float, CudaBackend> factor(std::int64_t num_rows, int rank, const std::vector<float>& values) {
    Factor<float, CudaBackend> x(backend, num_rows, rank, "x");
    x.values.upload(values);
    return x;
  }

  /// The table as its bytes, row after row, and what it is in units of (0: of 1).
  template <class S>
  std::vector<S> rows_of(const Factor<float, CudaBackend>& x, float& unit) {
    Buffer<std::byte, CudaBackend> room(backend, static_cast<std::int64_t>(gather_room<S>(x)), "room");
    const GatherTable<S> table = gather_table<S>(backend, x, room.data());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(table.rows) % 128, 0U);
    std::vector<S> rows(static_cast<std::size_t>(x.num_rows) * table.row_bytes / sizeof(S));
    backend.download(rows.data(), table.rows, rows.size() * sizeof(S));
    unit = 0;
    if (table.unit) backend.download(&unit, table.unit, sizeof unit);
    return rows;
  }
};

TEST_F(GatherCopy, LeavesRowsOfWholeVectorsWhereTheyAre) {
  const auto x = factor(3, 8, std::vector<float>(24, 1));

  EXPECT_EQ(gather_room<float>(x), 0U);
  const GatherTable<float> table = gather_table<float>(backend, x, nullptr);

  EXPECT_EQ(table.rows, x.values.data());
  EXPECT_EQ(table.row_bytes, 32U);
  EXPECT_EQ(table.vectors(), 2);
  EXPECT_EQ(table.unit, nullptr);
}

TEST_F(GatherCopy, PadsOtherRowsWithZeros) {
  const auto x = factor(2, 5, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  float unit;

  EXPECT_EQ(rows_of<float>(x, unit), (std::vector<float>{1, 2, 3, 4, 5, 0, 0, 0, 6, 7, 8, 9, 10, 0, 0, 0}));
  EXPECT_EQ(unit, 0);
}

TEST_F(GatherCopy, PutsTheLargestNumberNearTheEndOfFloat16) {
  for (const float scale : {1e-30F, 1e-6F, 1.0F, 3e5F, 1e30F}) {
    const auto x = factor(1, 3, {3 * scale, -5 * scale, 0});
    float unit;

    const std::vector<__half> rows = rows_of<__half>(x, unit);

    ASSERT_EQ(rows.size(), 8U);
    EXPECT_GE(std::abs(__half2float(rows[1])), 0x1p14F);
    EXPECT_LE(std::abs(__half2float(rows[1])), 0x1p15F);
    EXPECT_EQ(std::exp2(std::round(std::log2(unit))), unit) << "a power of two";
    constexpr float half_ulp = 0x1p-11F;
    EXPECT_NEAR(__half2float(rows[0]) * unit, 3 * scale, half_ulp * 3 * scale);
    EXPECT_NEAR(__half2float(rows[1]) * unit, -5 * scale, half_ulp * 5 * scale);
    for (std::size_t k = 2; k < 8; ++k) EXPECT_EQ(__half_as_ushort(rows[k]), 0);
  }
}

TEST_F(GatherCopy, TakesItsUnitFromTheFiniteNumbers) {
  constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  float unit;

  const std::vector<__half> rows = rows_of<__half>(factor(1, 4, {1, -infinity, nan, 0}), unit);

  EXPECT_EQ(unit, 0x1p-14F);
  EXPECT_EQ(__half2float(rows[0]), 0x1p14F);
  EXPECT_EQ(__half2float(rows[1]), -infinity);
  EXPECT_TRUE(std::isnan(__half2float(rows[2])));
}

TEST_F(GatherCopy, OfZerosIsZero) {
  float unit;

  for (const __half number : rows_of<__half>(factor(4, 9, std::vector<float>(36, 0)), unit))
    EXPECT_EQ(__half_as_ushort(number), 0);
  EXPECT_TRUE(std::isnormal(unit));
}

TEST_F(GatherCopy, CoversFactorsLargerThanAGridAndRowsLongerThanAWarp) {
  for (const auto& [num_rows, rank] : {std::pair{300, 600}, {40000, 7}}) {
    std::vector<float> values(static_cast<std::size_t>(num_rows) * static_cast<std::size_t>(rank));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 2039);  // exact in float16
    values[values.size() / 2] = 2040;
    float unit;

    const std::vector<__half> rows = rows_of<__half>(factor(num_rows, rank, values), unit);

    const std::size_t padded = rows.size() / static_cast<std::size_t>(num_rows);
    for (std::size_t i = 0; i < values.size(); ++i)
      ASSERT_EQ(
          __half2float(rows[i / static_cast<std::size_t>(rank) * padded + i % static_cast<std::size_t>(rank)]) * unit,
          values[i])
          << i;
  }
}

}  // namespace
}  // namespace rankfill
