// SPDX-License-Identifier: Apache-2.0
#include "kernels/generate_entries.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "bench/workload.hpp"
#include "kernels/detail/draw_entry.hpp"
#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

using bench::HostWorkload;
using bench::make_workload;
using bench::Shape;

struct Generated {
  std::vector<std::int64_t> row_ptr;
  std::vector<std::int32_t> rows, cols;
  std::vector<float> values;
  bool operator==(const Generated&) const = default;
};

template <class B>
Generated generate(B& backend, const HostWorkload& host, Part part) {
  const auto w = bench::upload_workload(backend, host);
  Buffer<std::int64_t, B> row_ptr(backend, w.num_rows + 1, "offsets");
  const std::int64_t count = read_entry_count(backend, w, part, row_ptr);
  Buffer<std::int32_t, B> rows(backend, count, "rows"), cols(backend, count, "columns");
  Buffer<float, B> values(backend, count, "values");
  generate_entries(backend, w, part, row_ptr, rows, cols, values);
  return {row_ptr.download(), rows.download(), cols.download(), values.download()};
}

/// 0.03 % of a Netflix-shaped problem: rows of fewer and of more draws than a warp has lanes.
Shape small_shape() { return bench::shapes()[0].scaled(3e-4); }

/// Nearly everything observed: more draws than columns, so most are duplicates, at every place in a warp.
Shape dense_shape() { return {"dense", 50, 40, 1900, small_shape().rows, small_shape().cols}; }

template <class B>
class GenerateEntries : public KernelTest<B> {};
TYPED_TEST_SUITE(GenerateEntries, Backends, BackendNames);

TYPED_TEST(GenerateEntries, GivesTheSameBitsOnEveryBackend) {
  CpuBackend one_thread(1);
  for (const Shape& shape : {small_shape(), dense_shape()}) {
    const HostWorkload host = make_workload(shape, (std::uint64_t{5} << 32) + 7, 0.1);
    for (const Part part : {Part::all, Part::train, Part::holdout})
      EXPECT_EQ(generate(*this->backend, host, part), generate(one_thread, host, part)) << shape.name;
  }
}

TYPED_TEST(GenerateEntries, FollowsTablesMadeByHand) {
  // Two columns that share [0, 2^64) equally, so 4 draws of a row fall in columns 0, 0, 1, 1 whatever the jitter, and one
  // draw in the column that its jitter names.  Without signal, biases of -10 and 10 stars decide the value in spite of the
  // noise, which is less than 2 * 91 / 64 stars.
  HostWorkload host{{"by hand", 2, 2, 0, {}, {}},
                    3,
                    0,
                    0,
                    {4, 1},
                    {-10 << 16, 10 << 16},
                    std::vector<std::int32_t>(64),
                    {std::uint64_t{1} << 63, ~std::uint64_t{0}},
                    std::vector<std::uint32_t>(32)};
  const std::int32_t only = draw_words(3, 1, 0, DrawStream::draw)[0] > 0x80000000U ? 1 : 0;

  const Generated g = generate(*this->backend, host, Part::all);

  EXPECT_EQ(g, (Generated{{0, 2, 3}, {0, 0, 1}, {0, 1, only}, {0.5F, 5.0F, only == 1 ? 5.0F : 0.5F}}));
}

TYPED_TEST(GenerateEntries, ColumnsAscendAndPartsMakeUpTheWhole) {
  const HostWorkload host = make_workload(small_shape(), 1, 0.25);
  const Generated all = generate(*this->backend, host, Part::all), train = generate(*this->backend, host, Part::train),
                  holdout = generate(*this->backend, host, Part::holdout);

  ASSERT_EQ(static_cast<std::int64_t>(all.cols.size()), all.row_ptr.back());
  std::size_t p = 0, t = 0, h = 0;
  for (std::int32_t row = 0; row < host.shape.num_rows; ++row) {
    ASSERT_EQ(all.row_ptr[static_cast<std::size_t>(row)], static_cast<std::int64_t>(p));
    std::int32_t previous = -1;
    for (; p < static_cast<std::size_t>(all.row_ptr[static_cast<std::size_t>(row) + 1]); ++p) {
      ASSERT_EQ(all.rows[p], row);
      ASSERT_LT(previous, all.cols[p]) << "row " << row;
      previous = all.cols[p];
      ASSERT_LT(previous, host.shape.num_cols);
      ASSERT_TRUE(all.values[p] >= 0.5F && all.values[p] <= 5 && 2 * all.values[p] == std::floor(2 * all.values[p]));
      const bool trained = t < train.cols.size() && train.rows[t] == row && train.cols[t] == all.cols[p];
      const Generated& part = trained ? train : holdout;
      std::size_t& q = trained ? t : h;
      ASSERT_LT(q, part.cols.size());
      ASSERT_TRUE(part.rows[q] == row && part.cols[q] == all.cols[p] && part.values[q] == all.values[p]);
      ++q;
    }
  }
  EXPECT_EQ(t, train.cols.size());
  EXPECT_EQ(h, holdout.cols.size());
  // held out independently: within five standard deviations
  const auto count = static_cast<double>(all.cols.size());
  EXPECT_NEAR(static_cast<double>(h), 0.25 * count, 5 * std::sqrt(count * 0.25 * 0.75));
}

/// Chance that each column is drawn by a row of `draws` draws: 1 less the product, over the strata it meets, of the chance that
/// the stratum's draw falls beside it.
std::vector<double> chances(const HostWorkload& w, std::int32_t draws) {
  std::vector<double> chance;
  double from = 0;
  for (const std::uint64_t limit : w.limits) {
    const double to = std::ldexp(static_cast<double>(limit), -64) * draws;  // in strata
    double missed = 1;
    for (double stratum = std::floor(from); stratum < to && missed > 0; ++stratum)
      missed *= 1 - (std::min(to, stratum + 1) - std::max(from, stratum));
    chance.push_back(1 - missed);
    from = to;
  }
  return chance;
}

TEST(GenerateEntriesLaw, CountsPerColumnAndInAllAreThoseOfTheLaw) {
  for (const Shape& shape : bench::shapes()) {
    const Shape small = shape.scaled(2e5 / static_cast<double>(shape.num_entries));
    const HostWorkload host = make_workload(small, 11, 0);
    CpuBackend backend(2);
    const Generated g = generate(backend, host, Part::all);

    std::vector<double> mean(host.limits.size()), variance(host.limits.size()), count(host.limits.size());
    std::map<std::int32_t, double> rows_of;
    for (const std::int32_t draws : host.num_draws) ++rows_of[draws];
    for (const auto& [draws, rows] : rows_of) {
      const std::vector<double> chance = chances(host, draws);
      for (std::size_t j = 0; j < chance.size(); ++j) {
        mean[j] += rows * chance[j];
        variance[j] += rows * chance[j] * (1 - chance[j]);
      }
    }
    for (const std::int32_t col : g.cols) ++count[static_cast<std::size_t>(col)];

    // Rows are independent.  Six deviations, and six entries more for columns so rare that they are no normal number.
    double total_variance = 0;
    for (std::size_t j = 0; j < count.size(); ++j) {
      ASSERT_NEAR(count[j], mean[j], 6 * std::sqrt(variance[j]) + 6) << shape.name << ", column " << j;
      total_variance += variance[j];
    }
    // Draws of a row are independent too, and columns of one row shun each other: the variances' sum is an upper bound.
    const double total = std::accumulate(mean.begin(), mean.end(), 0.0);
    EXPECT_NEAR(static_cast<double>(g.cols.size()), total, 6 * std::sqrt(total_variance)) << shape.name;
    // The calibration replaces a column's place among the strata by its average and ranks by classes of 2.5 %.
    EXPECT_NEAR(total, static_cast<double>(small.num_entries), 0.025 * static_cast<double>(small.num_entries))
        << shape.name;
  }
}

TEST(GenerateEntriesLaw, ValuesHaveThePlantedVariance) {
  // Variance of biases, signal and noise, and of rounding to half stars (1/48 of a star squared each way, uniform): clipping
  // at 0.5 and 5 stars can only lower it.
  const HostWorkload host = make_workload(small_shape(), 2, 0);
  CpuBackend backend(2);
  const Generated g = generate(backend, host, Part::all);
  double sum = 0, squares = 0;
  for (const float x : g.values) {
    sum += double{x};
    squares += double{x} * double{x};
  }
  const auto count = static_cast<double>(g.values.size());
  const double mean = sum / count, variance = squares / count - mean * mean;
  const auto scaled = [](double of_64) { return of_64 * of_64 / 64 / 64 / 3; };
  const double unclipped = scaled(kRowBiasScale) + scaled(kColBiasScale) + scaled(kNoiseScale) +
                           kSignalDeviation * kSignalDeviation + 1.0 / 48;

  EXPECT_LT(variance, unclipped);
  EXPECT_GT(variance, 0.6 * unclipped);
  EXPECT_NEAR(mean, 3.6, std::sqrt(unclipped) / 2) << "columns are few and popular ones count for much";
}

TEST(DrawPlace, FillsItsStratumAndNoMore) {
  EXPECT_EQ(draw_place(0, 1, 0), 0U);
  EXPECT_EQ(draw_place(0, 2, 0x80000000U), (~std::uint64_t{0} / 2) / 2);
  for (const std::uint32_t draws : {1U, 2U, 3U, 1000U, 0xFFFFFFFFU}) {
    const std::uint64_t stratum = ~std::uint64_t{0} / draws;
    for (const std::uint32_t t : {0U, draws / 2, draws - 1}) {
      EXPECT_EQ(draw_place(t, draws, 0), t * stratum);
      EXPECT_LT(draw_place(t, draws, 0xFFFFFFFFU) - t * stratum, stratum);
    }
  }
}

TEST(ColumnAt, IsTheFirstColumnWhoseLimitIsAbove) {
  const std::uint64_t limits[] = {10, 10, 20, ~std::uint64_t{0}};
  EXPECT_EQ(column_at(0, limits, 4), 0);
  EXPECT_EQ(column_at(9, limits, 4), 0);
  EXPECT_EQ(column_at(10, limits, 4), 2) << "column 1 has no share";
  EXPECT_EQ(column_at(19, limits, 4), 2);
  EXPECT_EQ(column_at(20, limits, 4), 3);
  EXPECT_EQ(column_at(~std::uint64_t{0} - 1, limits, 4), 3);
}

TEST(PlantedDot, IsTheSumOfProductsOfSignedBytes) {
  std::vector<std::int32_t> row(kPlantedRank);
  std::vector<std::uint32_t> col(kPlantedWords);
  std::int64_t want = 0;
  for (int r = 0; r < kPlantedRank; ++r) {
    const std::int32_t q = 3 * r - 100;  // of both signs
    row[static_cast<std::size_t>(r)] = 1000 * (r - 20);
    col[static_cast<std::size_t>(r / 4)] |= (static_cast<std::uint32_t>(q) & 0xFFU) << (8 * (r % 4));
    want += std::int64_t{1000} * (r - 20) * q;
  }
  EXPECT_EQ(planted_dot(row.data(), col.data()), want);
}

TEST(HalfStars, RoundsAndStaysOnTheScale) {
  EXPECT_EQ(half_stars(0, 0, 0, 0), 7) << "3.6 stars";
  EXPECT_EQ(half_stars(100 << 16, 0, 0, 0), 10);
  EXPECT_EQ(half_stars(-100 * 65536, 0, 0, 0), 1);
  EXPECT_EQ(half_stars(0, -1 << 20, 1 << 12, 0), 5) << "-1 star of signal";
}

}  // namespace
}  // namespace rankfill::testing
