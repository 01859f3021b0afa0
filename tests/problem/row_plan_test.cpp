// SPDX-License-Identifier: Apache-2.0
#include "problem/row_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "problem/start.hpp"

namespace rankfill {
namespace {

using Rows = std::vector<std::int32_t>;

std::vector<std::int64_t> offsets(const std::vector<std::int64_t>& lengths) {
  std::vector<std::int64_t> row_ptr{0};
  for (const std::int64_t length : lengths) row_ptr.push_back(row_ptr.back() + length);
  return row_ptr;
}

/// Lengths of `count` rows between 0 and `longest`, most of them short, and one of `longest`.
std::vector<std::int64_t> ragged_lengths(std::uint32_t seed, std::uint32_t count, std::int64_t longest) {
  std::vector<std::int64_t> lengths;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto words = philox({i, 0, 0, 0}, {seed, 0});
    const auto up_to = static_cast<std::uint64_t>(longest >> (words[0] % 12)) + 1;
    lengths.push_back(static_cast<std::int64_t>(words[1] % up_to));
  }
  lengths[count / 2] = longest;
  return lengths;
}

std::vector<std::int64_t> lengths_of(const std::vector<std::int64_t>& row_ptr, const Rows& rows) {
  std::vector<std::int64_t> lengths;
  for (const std::int32_t row : rows)
    lengths.push_back(row_ptr[static_cast<std::size_t>(row) + 1] - row_ptr[static_cast<std::size_t>(row)]);
  return lengths;
}

TEST(RowPlan, EachRowGoesWhereItsLengthSays) {
  // lengths 0 1 2 3 4 9: short up to 2, chunks of at most 4
  const HostRowPlan plan = plan_rows(offsets({0, 1, 2, 3, 4, 9}), 4, 2);

  EXPECT_EQ(plan.empty_rows, (Rows{0}));
  EXPECT_EQ(plan.short_rows, (Rows{2, 1}));
  // row 5 in three pieces of three; longest first, ties in order of their rows' lengths
  ASSERT_EQ(plan.chunks.size(), 5U);
  EXPECT_EQ(plan.chunks[0].row, 4);
  EXPECT_EQ(plan.chunks[0].first, 6);
  EXPECT_EQ(plan.chunks[0].length, 4);
  EXPECT_EQ(plan.chunks[0].slot, -1);
  for (std::int32_t piece = 0; piece < 3; ++piece) {
    const Chunk& chunk = plan.chunks[1 + static_cast<std::size_t>(piece)];
    EXPECT_EQ(chunk.row, 5);
    EXPECT_EQ(chunk.first, 10 + 3 * piece);
    EXPECT_EQ(chunk.length, 3);
    EXPECT_EQ(chunk.slot, piece);
  }
  EXPECT_EQ(plan.chunks[4].row, 3);
  EXPECT_EQ(plan.chunks[4].slot, -1);
  ASSERT_EQ(plan.split_rows.size(), 1U);
  EXPECT_EQ(plan.split_rows[0].row, 5);
  EXPECT_EQ(plan.split_rows[0].first_slot, 0);
  EXPECT_EQ(plan.split_rows[0].num_slots, 3);
  EXPECT_EQ(plan.num_slots, 3);
}

TEST(RowPlan, PiecesDifferByOneAtMost) {
  const HostRowPlan plan = plan_rows(offsets({10}), 4, 0);
  std::vector<std::int32_t> lengths;
  for (const Chunk& chunk : plan.chunks) lengths.push_back(chunk.length);
  EXPECT_EQ(lengths, (std::vector<std::int32_t>{4, 3, 3}));
}

TEST(RowPlan, NoRowsAndEmptyRowsNeedNoWorker) {
  const HostRowPlan none = plan_rows({0}, 8, 2), empty = plan_rows(offsets({0, 0, 0}), 8, 2);
  EXPECT_TRUE(none.chunks.empty() && none.short_rows.empty() && none.empty_rows.empty() && none.num_slots == 0);
  EXPECT_TRUE(empty.chunks.empty() && empty.short_rows.empty() && empty.num_slots == 0);
  EXPECT_EQ(empty.empty_rows, (Rows{0, 1, 2}));
}

TEST(RowPlan, EveryEntryIsDoneOnceAndLongWorkComesFirst) {
  struct {
    std::uint32_t rows;
    std::int64_t longest, chunk, short_row;
  } const cases[] = {{1, 1, 1, 0}, {40, 100, 7, 0}, {300, 5000, 64, 32}, {300, 5000, 1, 0}, {200, 300, 1024, 32}};
  for (const auto& c : cases)
    for (std::uint32_t seed = 0; seed < 5; ++seed) {
      const auto row_ptr = offsets(ragged_lengths(seed, c.rows, c.longest));

      const HostRowPlan plan = plan_rows(row_ptr, c.chunk, c.short_row);

      // every entry in one chunk or one short row; a short row is not cut; empty rows are those without entries
      std::vector<int> times(static_cast<std::size_t>(row_ptr.back()), 0);
      const auto do_entries = [&](std::int32_t row, std::int64_t first, std::int64_t length) {
        ASSERT_GE(first, row_ptr[static_cast<std::size_t>(row)]);
        ASSERT_LE(first + length, row_ptr[static_cast<std::size_t>(row) + 1]);
        for (std::int64_t p = first; p < first + length; ++p) ++times[static_cast<std::size_t>(p)];
      };
      std::vector<int> pieces(c.rows, 0);
      for (const Chunk& chunk : plan.chunks) {
        ASSERT_GT(chunk.length, 0);
        ASSERT_LE(chunk.length, c.chunk);
        do_entries(chunk.row, chunk.first, chunk.length);
        ++pieces[static_cast<std::size_t>(chunk.row)];
      }
      const auto short_lengths = lengths_of(row_ptr, plan.short_rows);
      for (std::size_t i = 0; i < plan.short_rows.size(); ++i) {
        ASSERT_TRUE(short_lengths[i] > 0 && short_lengths[i] <= c.short_row) << "row " << plan.short_rows[i];
        do_entries(plan.short_rows[i], row_ptr[static_cast<std::size_t>(plan.short_rows[i])], short_lengths[i]);
      }
      for (const int t : times) ASSERT_EQ(t, 1);
      for (const std::int64_t length : lengths_of(row_ptr, plan.empty_rows)) ASSERT_EQ(length, 0);

      // a row of several chunks, and no other, owns consecutive slots in the order of its entries
      std::vector<std::int64_t> first_of_slot(static_cast<std::size_t>(plan.num_slots), -1);
      for (const Chunk& chunk : plan.chunks) {
        ASSERT_EQ(chunk.slot >= 0, pieces[static_cast<std::size_t>(chunk.row)] > 1);
        if (chunk.slot >= 0) first_of_slot[static_cast<std::size_t>(chunk.slot)] = chunk.first;
      }
      std::int32_t next_slot = 0;
      for (const SplitRow& split : plan.split_rows) {
        ASSERT_EQ(split.first_slot, next_slot);
        ASSERT_EQ(split.num_slots, pieces[static_cast<std::size_t>(split.row)]);
        next_slot += split.num_slots;
        ASSERT_EQ(first_of_slot[static_cast<std::size_t>(split.first_slot)],
                  row_ptr[static_cast<std::size_t>(split.row)]);
        for (std::int32_t s = split.first_slot + 1; s < next_slot; ++s)
          ASSERT_GT(first_of_slot[static_cast<std::size_t>(s)], first_of_slot[static_cast<std::size_t>(s) - 1]);
      }
      ASSERT_EQ(next_slot, plan.num_slots);

      ASSERT_TRUE(std::is_sorted(plan.chunks.begin(), plan.chunks.end(),
                                 [](const Chunk& a, const Chunk& b) { return a.length > b.length; }));
      ASSERT_TRUE(std::is_sorted(short_lengths.begin(), short_lengths.end(), std::greater<>()));
      ASSERT_TRUE(std::is_sorted(plan.empty_rows.begin(), plan.empty_rows.end()));
    }
}

TEST(RowPlan, EqualRowsStayInTheirOrder) {
  const HostRowPlan plan = plan_rows(offsets({2, 5, 2, 5, 2, 5}), 8, 2);
  EXPECT_EQ(plan.short_rows, (Rows{0, 2, 4}));
  Rows rows;
  for (const Chunk& chunk : plan.chunks) rows.push_back(chunk.row);
  EXPECT_EQ(rows, (Rows{1, 3, 5}));
}

TEST(RowPlan, OffsetsPassTwoToThe31) {
  constexpr std::int64_t far = std::int64_t{3} << 31;
  const HostRowPlan plan = plan_rows({0, far, far + 5}, std::int64_t{1} << 20, 2);
  EXPECT_EQ(plan.chunks.back().first, far);
  EXPECT_EQ(std::accumulate(plan.chunks.begin(), plan.chunks.end(), std::int64_t{0},
                            [](std::int64_t sum, const Chunk& chunk) { return sum + chunk.length; }),
            far + 5);
}

TEST(RowPlan, SolveRowsAreShortBelowHalfTheRank) {
  EXPECT_EQ(solve_plan_lengths(1, 100).short_row, 0);
  EXPECT_EQ(solve_plan_lengths(64, 100).short_row, 31);
  EXPECT_EQ(solve_plan_lengths(65, 100).short_row, 32);
}

TEST(RowPlan, SolveChunksGrowWithTheDataWithinBounds) {
  EXPECT_EQ(solve_plan_lengths(64, 1).chunk, 2048);
  EXPECT_EQ(solve_plan_lengths(64, std::int64_t{1} << 40).chunk, 1 << 20);
  const std::int64_t middle = solve_plan_lengths(64, 100'000'000).chunk;
  EXPECT_TRUE(middle > 2048 && middle < 1 << 20) << middle;
}

}  // namespace
}  // namespace rankfill
