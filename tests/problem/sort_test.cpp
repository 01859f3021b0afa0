// SPDX-License-Identifier: Apache-2.0
#include "problem/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "rankfill/error.hpp"
#include "tests/support/complaint.hpp"

namespace rankfill {
namespace {

Entries shuffled() {  // 3 x 4, row 1 and column 3 empty: [1 2 3 .; . . . .; . 4 . .]
  Entries e;
  e.num_rows = 3;
  e.num_cols = 4;
  e.rows = {2, 0, 0, 0};
  e.cols = {1, 2, 0, 1};
  e.values = {4, 3, 1, 2};
  return e;
}

Entries many() {  // pairs many times over, in no order; row 0 empty
  Entries e;
  e.num_rows = 31;
  e.num_cols = 17;
  std::uint32_t state = 1;
  for (int p = 0; p < 60000; ++p) {
    state = 1664525 * state + 1013904223;
    e.rows.push_back(1 + static_cast<std::int32_t>((state >> 8) % 30));
    e.cols.push_back(static_cast<std::int32_t>((state >> 16) % 17));
    e.values.push_back(p);
  }
  return e;
}

using Pointers = std::vector<std::int64_t>;
using Columns = std::vector<std::int32_t>;
using Values = std::vector<double>;

void expect_equal(const HostCsr& got, const HostCsr& want) {
  EXPECT_EQ(got.row_ptr, want.row_ptr);
  EXPECT_EQ(got.col_idx, want.col_idx);
  EXPECT_EQ(got.values, want.values);
}

TEST(Sort, ByRowWithColumnsAscending) {
  const Entries e = shuffled();

  const HostCsr m = sort_by_row(e, e.values);

  EXPECT_EQ(m.num_rows, 3);
  EXPECT_EQ(m.num_cols, 4);
  EXPECT_EQ(m.row_ptr, (Pointers{0, 3, 3, 4}));
  EXPECT_EQ(m.col_idx, (Columns{0, 1, 2, 1}));
  EXPECT_EQ(m.values, (Values{1, 2, 3, 4}));
}

TEST(Sort, WhatIsInOrderStaysAsItStands) {
  Entries e;
  e.num_rows = 4;
  e.num_cols = 3;
  e.rows = {0, 0, 2, 2, 2, 3};
  e.cols = {0, 2, 1, 1, 2, 0};  // one pair twice
  e.values = {1, 2, 3, 4, 5, 6};
  const HostCsr m = sort_by_row(e, e.values);
  EXPECT_EQ(m.row_ptr, (Pointers{0, 2, 2, 5, 6}));
  EXPECT_EQ(m.col_idx, e.cols);
  EXPECT_EQ(m.values, e.values);

  std::swap(e.cols[4], e.cols[3]);  // no more
  EXPECT_EQ(sort_by_row(e, e.values).col_idx, (Columns{0, 2, 1, 1, 2, 0}));
  EXPECT_EQ(sort_by_row(e, e.values).values, (Values{1, 2, 3, 5, 4, 6}));
  e.rows = {-1, 0, 2, 2, 2, 3};
  e.cols = {0, 2, 1, 2, -1, 0};
  EXPECT_EQ(sort_by_row(e, e.values).row_ptr, (Pointers{0, 1, 1, 3, 4}));
  EXPECT_EQ(sort_by_row(e, e.values).values, (Values{2, 3, 4, 6}));
}

TEST(Sort, TransposeIsSortedToo) {
  const Entries e = shuffled();

  const HostCsr t = transpose(sort_by_row(e, e.values));

  EXPECT_EQ(t.num_rows, 4);
  EXPECT_EQ(t.num_cols, 3);
  EXPECT_EQ(t.row_ptr, (Pointers{0, 1, 3, 4, 4}));
  EXPECT_EQ(t.col_idx, (Columns{0, 0, 2, 0}));
  EXPECT_EQ(t.values, (Values{1, 2, 4, 3}));
}

TEST(Sort, TransposeTwiceChangesNothing) {
  const Entries e = shuffled();
  const HostCsr m = sort_by_row(e, e.values);

  expect_equal(transpose(transpose(m)), m);
}

TEST(Sort, LeavesUnseenIndicesOut) {
  Entries e = shuffled();
  e.rows[1] = -1;
  e.cols[3] = -1;

  const HostCsr m = sort_by_row(e, e.values);

  EXPECT_EQ(m.row_ptr, (Pointers{0, 1, 1, 2}));
  EXPECT_EQ(m.values, (Values{1, 4}));
}

TEST(Sort, EqualPairsKeepTheirOrder) {
  Entries e = shuffled();
  e.cols = {1, 2, 2, 2};
  EXPECT_EQ(sort_by_row(e, e.values).values, (Values{3, 1, 2, 4}));
}

TEST(Sort, AnyNumberOfThreadsSortsAsAStableSort) {
  const Entries e = many();
  std::vector<std::size_t> order(e.values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(e.rows[a], e.cols[a]) < std::pair(e.rows[b], e.cols[b]);
  });
  Columns cols;
  Values values;
  for (const std::size_t p : order) {
    cols.push_back(e.cols[p]);
    values.push_back(e.values[p]);
  }
  for (const int threads : {1, 2, 5}) {
    const CpuBackend backend(threads);
    const HostCsr m = sort_by_row(e, e.values, backend);
    EXPECT_EQ(m.col_idx, cols);
    EXPECT_EQ(m.values, values);
    for (std::int32_t row = 0; row < e.num_rows; ++row)
      EXPECT_EQ(m.row_ptr[static_cast<std::size_t>(row) + 1] - m.row_ptr[static_cast<std::size_t>(row)],
                std::count(e.rows.begin(), e.rows.end(), row));

    expect_equal(transpose(transpose(m, backend), backend), m);
  }
}

TEST(Sort, TheFirstOfSeveralFaultsIsNamed) {
  Entries e = many();
  e.rows[50000] = -5;
  e.cols[40001] = 99;
  e.values[40000] = std::numeric_limits<double>::infinity();
  EXPECT_NE(test::complaint_of<InvalidData>([&] { validate_entries(e, false, CpuBackend(2)); }).find("entry 40000 "),
            std::string::npos);

  const Entries d = many();  // more entries than pairs
  const std::string first = test::complaint_of<InvalidData>([&] { reject_duplicates(sort_by_row(d, d.values), d); });
  EXPECT_NE(first.find("(1, 0)"), std::string::npos) << first;
}

TEST(Sort, DuplicatesAreRefusedByName) {
  Entries e = shuffled();
  e.cols[3] = 2;
  e.row_ids = Ids::texts({"ann", "bob", "cid"});
  try {
    reject_duplicates(sort_by_row(e, e.values), e);
    FAIL() << "(0, 2) is there twice";
  } catch (const InvalidData& error) {
    EXPECT_NE(std::string(error.what()).find("(ann, 2)"), std::string::npos) << error.what();
  }
  EXPECT_NO_THROW(reject_duplicates(sort_by_row(shuffled(), shuffled().values), shuffled()));
}

TEST(Sort, ValidateRefusesWhatKernelsWouldNotCheck) {
  EXPECT_NO_THROW(validate_entries(shuffled(), false));
  for (const auto& spoil : std::vector<void (*)(Entries&)>{
           [](Entries& e) { e.rows[0] = 3; }, [](Entries& e) { e.cols[0] = 4; }, [](Entries& e) { e.rows[0] = -2; },
           [](Entries& e) { e.values[1] = std::numeric_limits<double>::quiet_NaN(); },
           [](Entries& e) { e.values[1] = -std::numeric_limits<double>::infinity(); },
           [](Entries& e) { e.cols.pop_back(); }, [](Entries& e) { e.num_rows = std::int64_t{1} << 31; },
           [](Entries& e) { e.num_cols = -1; }, [](Entries& e) { e.rows = {}, e.cols = {}, e.values = {}; }}) {
    Entries e = shuffled();
    spoil(e);
    EXPECT_THROW(validate_entries(e, false), InvalidData);
    EXPECT_THROW(validate_entries(e, true), InvalidData);
  }
}

TEST(Sort, ValidateLetsUnseenIndicesThroughInHeldOutDataOnly) {
  Entries e = shuffled();
  e.rows[0] = -1;
  EXPECT_THROW(validate_entries(e, false), InvalidData);
  EXPECT_NO_THROW(validate_entries(e, true));
}

}  // namespace
}  // namespace rankfill
