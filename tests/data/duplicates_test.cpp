// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "data/files.hpp"
#include "data/readers.hpp"
#include "rankfill/error.hpp"

namespace rankfill {
namespace {

using test::complaint_of;
using test::holds;

/// Entry 3 repeats 0, entry 4 repeats 1, entry 5 repeats 0 again.
Entries repeated() {
  Entries entries;
  entries.num_rows = 3;
  entries.num_cols = 4;
  entries.rows = {2, 0, 1, 2, 0, 2};
  entries.cols = {3, 1, 1, 3, 1, 3};
  entries.values = {1, 10, 20, 2, 14, 6};
  entries.times = {5, 9, 1, 7, 8, 6};
  return entries;
}

TEST(Duplicates, ErrorNamesTheFirstPairAndChangesNothing) {
  Entries entries = repeated();
  entries.row_ids = Ids::numbers({7, 8, 9});

  const std::string complaint = complaint_of<InvalidData>([&] { resolve_duplicates(entries, Duplicates::error); });

  EXPECT_TRUE(holds(complaint, "row 9, column 3 is given more than once")) << complaint;
  EXPECT_EQ(entries.values, repeated().values);
  for (const int threads : {1, 2, 3, 40}) {
    const auto pair = data::merge_duplicates(entries, Duplicates::error, threads);
    ASSERT_TRUE(pair) << threads;
    EXPECT_EQ(pair->first, 0);
    EXPECT_EQ(pair->again, 3);
  }
}

TEST(Duplicates, LastTakesValueAndTimeOfTheLast) {
  Entries entries = repeated();
  resolve_duplicates(entries, Duplicates::last);

  EXPECT_EQ(entries.rows, (std::vector<std::int32_t>{2, 0, 1}));  // in the order of first mention
  EXPECT_EQ(entries.cols, (std::vector<std::int32_t>{3, 1, 1}));
  EXPECT_EQ(entries.values, (std::vector<double>{6, 14, 20}));
  EXPECT_EQ(entries.times, (std::vector<double>{6, 8, 1}));
}

TEST(Duplicates, MeanTakesTheLatestTime) {
  Entries entries = repeated();
  resolve_duplicates(entries, Duplicates::mean);

  EXPECT_EQ(entries.values, (std::vector<double>{3, 12, 20}));
  EXPECT_EQ(entries.times, (std::vector<double>{7, 9, 1}));
}

TEST(Duplicates, AreFoundWhicheverSideIsTheLonger) {
  Entries tall;
  tall.num_rows = 500;
  tall.num_cols = 11;
  for (std::int32_t p = 0; p < 2000; ++p) {  // 7 is prime to both sides: no pair twice within 5500
    tall.rows.push_back((7 * p + 3) % 500);
    tall.cols.push_back(7 * p % 11);
    tall.values.push_back(p);
  }
  Entries wide = tall;
  std::swap(wide.rows, wide.cols);
  std::swap(wide.num_rows, wide.num_cols);
  for (Entries& e : {std::ref(tall), std::ref(wide)})
    for (const int threads : {1, 2, 40}) {
      EXPECT_FALSE(data::merge_duplicates(e, Duplicates::error, threads));
      Entries again = e;
      again.rows[1700] = again.rows[5];
      again.cols[1700] = again.cols[5];
      const auto pair = data::merge_duplicates(again, Duplicates::error, threads);
      ASSERT_TRUE(pair) << threads;
      EXPECT_EQ(pair->first, 5);
      EXPECT_EQ(pair->again, 1700);
    }
}

TEST(Duplicates, UnknownIdsAreNeverTheSame) {
  Entries entries = repeated();
  entries.rows = {-1, 0, 1, -1, 1, -1};
  entries.cols = {3, -1, 1, 3, -1, 3};
  resolve_duplicates(entries, Duplicates::error);

  EXPECT_EQ(entries.size(), 6);
}

TEST(Duplicates, WithoutAnyEveryRuleIsIdle) {
  for (const Duplicates rule : {Duplicates::error, Duplicates::last, Duplicates::mean}) {
    Entries entries = repeated();
    entries.cols = {0, 1, 1, 1, 2, 2};
    resolve_duplicates(entries, rule);
    EXPECT_EQ(entries.values, repeated().values);
  }
}

}  // namespace
}  // namespace rankfill
