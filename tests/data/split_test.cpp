// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <set>

#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {
namespace {

/// A full 100 x 200 matrix; the value tells the pair.
Entries full() {
  Entries entries;
  entries.num_rows = 100;
  entries.num_cols = 200;
  for (std::int32_t i = 0; i < 100; ++i) {
    for (std::int32_t j = 0; j < 200; ++j) {
      entries.rows.push_back(i);
      entries.cols.push_back(j);
      entries.values.push_back(1000.0 * i + j);
      entries.times.push_back((i * 7 + j * 13) % 50);
    }
  }
  entries.row_ids = Ids::range(100);
  entries.col_ids = Ids::range(200);
  entries.source = "full";
  return entries;
}

std::set<double> values_of(const Entries& entries) { return {entries.values.begin(), entries.values.end()}; }

Entries shuffled(Entries entries) {
  std::vector<std::size_t> order(entries.values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(3));
  Entries result = entries;
  for (std::size_t k = 0; k < order.size(); ++k) {
    result.rows[k] = entries.rows[order[k]];
    result.cols[k] = entries.cols[order[k]];
    result.values[k] = entries.values[order[k]];
    result.times[k] = entries.times[order[k]];
  }
  return result;
}

TEST(Split, EveryEntryIsHeldOutInExactlyOneFold) {
  const Entries entries = full();
  constexpr int folds = 5;
  std::set<double> held;
  for (int fold = 0; fold < folds; ++fold) {
    const Split split = split_by_fold(entries, fold, folds, 1);
    for (const double value : split.holdout.values) EXPECT_TRUE(held.insert(value).second) << value;
    EXPECT_EQ(split.train.size() + split.holdout.size(), entries.size());
    // A binomial number, five deviations.
    const double share = 1.0 / folds, count = static_cast<double>(entries.size());
    EXPECT_NEAR(static_cast<double>(split.holdout.size()), share * count, 5 * std::sqrt(count * share * (1 - share)));
    EXPECT_EQ(values_of(split.holdout), values_of(split_by_fold(shuffled(entries), fold, folds, 1).holdout));
  }
  EXPECT_EQ(held, values_of(entries));
  EXPECT_NE(values_of(split_by_fold(entries, 0, folds, 1).holdout),
            values_of(split_by_fold(entries, 0, folds, 2).holdout));
  EXPECT_THROW(split_by_fold(entries, 0, 1, 1), InvalidOption);
  EXPECT_THROW(split_by_fold(entries, folds, folds, 1), InvalidOption);
  EXPECT_THROW(split_by_fold(entries, -1, folds, 1), InvalidOption);
}

TEST(Split, PartsMakeTheWholeAndKeepShapeAndIds) {
  const Entries entries = full();
  for (const Split& split : {split_by_fraction(entries, 0.3, 1), split_by_time(entries, 0.3)}) {
    std::set<double> all = values_of(split.train);
    for (const double value : split.holdout.values) EXPECT_TRUE(all.insert(value).second) << value;
    EXPECT_EQ(all, values_of(entries));
    for (const Entries& part : {split.train, split.holdout}) {
      EXPECT_EQ(part.num_rows, 100);
      EXPECT_EQ(part.num_cols, 200);
      EXPECT_EQ(part.row_ids.size(), 100);
      EXPECT_EQ(part.source, "full");
      ASSERT_EQ(part.times.size(), part.values.size());
      for (std::size_t p = 0; p < part.values.size(); ++p)
        ASSERT_EQ(part.values[p], 1000.0 * part.rows[p] + part.cols[p]);
    }
  }
}

TEST(Split, TheSeedDecidesAndTheOrderDoesNot) {
  const Entries entries = full(), mixed = shuffled(entries);
  const auto held = [](const Entries& of, std::uint64_t seed) {
    return values_of(split_by_fraction(of, 0.2, seed).holdout);
  };

  EXPECT_EQ(held(entries, 7), held(entries, 7));
  EXPECT_EQ(held(entries, 7), held(mixed, 7));
  EXPECT_NE(held(entries, 7), held(entries, 8));
}

TEST(Split, AFractionIsHeldOutEverywhere) {
  const Entries entries = full();
  // Binomial; five standard deviations have a chance below 1e-6 each.
  const auto expect_fraction = [](double held, double of, double fraction) {
    EXPECT_NEAR(held, of * fraction, 5 * std::sqrt(of * fraction * (1 - fraction)));
  };
  for (const double fraction : {0.1, 0.5, 0.9}) {
    for (const std::uint64_t seed : {0, 1, 12345}) {
      const Entries held = split_by_fraction(entries, fraction, seed).holdout;
      expect_fraction(static_cast<double>(held.size()), 20000, fraction);
      std::vector<double> per_row(100);
      for (const std::int32_t row : held.rows) ++per_row[static_cast<std::size_t>(row)];
      for (const double count : per_row) expect_fraction(count, 200, fraction);
    }
  }
}

TEST(Split, ASmallerFractionIsPartOfALargerOne) {
  const auto small = values_of(split_by_fraction(full(), 0.1, 4).holdout),
             large = values_of(split_by_fraction(full(), 0.2, 4).holdout);

  EXPECT_TRUE(std::includes(large.begin(), large.end(), small.begin(), small.end()));
}

TEST(Split, TheLatestAreHeldOutAndLaterInTheFileIsLater) {
  Entries entries;
  entries.num_rows = 1;
  entries.num_cols = 6;
  entries.rows.assign(6, 0);
  entries.cols = {0, 1, 2, 3, 4, 5};
  entries.values = {0, 1, 2, 3, 4, 5};
  entries.times = {9, 2, 7, 7, 7, 1};

  EXPECT_EQ(split_by_time(entries, 1.0 / 6).holdout.values, (std::vector<double>{0}));
  EXPECT_EQ(split_by_time(entries, 0.5).holdout.values, (std::vector<double>{0, 3, 4}));  // in file order
}

TEST(Split, EmptyPartsAndFractionsThatAreNoneAreRefused) {
  Entries entries = full();
  for (const double fraction : {0.0, 1.0, -0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(split_by_fraction(entries, fraction, 0), InvalidOption) << fraction;
    EXPECT_THROW(split_by_time(entries, fraction), InvalidOption) << fraction;
  }
  EXPECT_THROW(split_by_fraction(entries, 1e-15, 0), InvalidData);
  EXPECT_THROW(split_by_fraction(entries, 1 - 1e-15, 0), InvalidData);
  EXPECT_THROW(split_by_time(entries, 1e-6), InvalidData);
  entries.times.clear();
  EXPECT_THROW(split_by_time(entries, 0.5), InvalidData);
}

}  // namespace
}  // namespace rankfill
