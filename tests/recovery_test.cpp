// SPDX-License-Identifier: Apache-2.0
#include "rankfill/recovery.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/detail/normal_pair.hpp"
#include "rankfill/error.hpp"
#include "rankfill/tune.hpp"
#include "support/recovery_case.hpp"

namespace rankfill {
namespace {

using bench::Planted;
using test::expect_recovered;
using test::recovering;

constexpr int kSize = 120, kRank = 4;

/// The values times 1 + noise z, z normal.
Entries noisy(Entries entries, double noise) {
  for (std::size_t p = 0; p < entries.values.size(); ++p)
    entries.values[p] *= 1 + noise * normal_pair<double>(9, 5, static_cast<std::uint32_t>(p), 0)[0];
  return entries;
}

TEST(Recovery, FindsTheMatrixHoweverIllConditioned) {
  for (const double condition : {1.0, 100.0, 1e4})
    for (const double oversampling : {3.0, 6.0}) {
      SCOPED_TRACE(testing::Message() << condition << " " << oversampling);
      const Planted planted(kSize, kRank, condition, oversampling, 1);
      const Result result = solve(planted.entries, recovering(kRank));
      expect_recovered(planted, result, kRank);
      const Recovery& r = *result.summary.recovery;
      EXPECT_NEAR(r.oversampling, 0.99 * oversampling, 0.02 * oversampling);  // 1 % are held out
      EXPECT_FALSE(r.rank_estimated);
      EXPECT_GT(r.num_checked, 0);
      EXPECT_EQ(r.undetermined_rows + r.undetermined_cols, 0);
      EXPECT_TRUE(result.summary.warnings.empty());
      ASSERT_EQ(r.singular_values.size(), std::size_t{kRank});
      for (int k = 0; k < kRank; ++k)
        EXPECT_NEAR(r.singular_values[static_cast<std::size_t>(k)], std::pow(condition, -k / (kRank - 1.0)), 2e-8);
    }
}

TEST(Recovery, FindsTheRank) {
  for (const int rank : {1, 3, 11})
    for (const double condition : {1.0, 1e3}) {
      SCOPED_TRACE(testing::Message() << rank << " " << condition);
      const Planted planted(kSize, rank, condition, 4, 2);
      Options o = recovering(30);
      o.recover->estimate_rank = true;
      const Result result = solve(planted.entries, o);
      expect_recovered(planted, result, rank);
      EXPECT_TRUE(result.summary.recovery->rank_estimated);
    }
}

TEST(Recovery, TrimsARankThatIsTooLarge) {
  const Planted planted(kSize, kRank, 10, 8, 3);
  const Result result = solve(planted.entries, recovering(kRank + 3));
  expect_recovered(planted, result, kRank);
  ASSERT_EQ(result.summary.warnings.size(), 1U);
  EXPECT_EQ(result.summary.warnings[0], "rank 7 is more than the data need: 4 fits them");
}

TEST(Recovery, SaysThatARankIsTooSmall) {
  const Planted planted(kSize, kRank, 10, 5, 4);
  const Summary s = solve(planted.entries, recovering(kRank - 1)).summary;
  EXPECT_EQ(s.recovery->verdict, RecoveryVerdict::not_recovered);
  EXPECT_GT(s.recovery->train_residual, 1e-3);  // sigma_4 = 0.1, of 1.1 in all
  EXPECT_EQ(s.recovery->paths, 3);
  EXPECT_EQ(s.termination, Termination::no_progress);
  EXPECT_TRUE(s.warnings.empty()) << "the oversampling is not what is wrong";
}

TEST(Recovery, WarnsOfTooFewEntries) {
  const Planted planted(kSize, kRank, 10, 1.1, 5);
  const Summary s = solve(planted.entries, recovering(kRank)).summary;
  EXPECT_EQ(s.recovery->verdict, RecoveryVerdict::not_recovered);
  EXPECT_LT(s.recovery->oversampling, 1.11);
  ASSERT_FALSE(s.warnings.empty());
  EXPECT_TRUE(s.warnings[0].starts_with("oversampling 1.")) << s.warnings[0];
}

TEST(Recovery, TellsNoiseFromFailure) {
  constexpr double noise = 1e-5;
  const Planted planted(kSize, kRank, 10, 6, 6);
  for (const bool estimate : {false, true}) {
    Options o = recovering(estimate ? 30 : kRank);
    o.recover->estimate_rank = estimate;
    const Result result = solve(noisy(planted.entries, noise), o);
    const Recovery& r = *result.summary.recovery;
    EXPECT_EQ(r.verdict, RecoveryVerdict::noisy) << describe(r);
    EXPECT_EQ(r.rank, kRank);
    EXPECT_LE(r.train_residual, noise);
    EXPECT_GE(r.train_residual, noise / 2);
    EXPECT_LE(planted.relative_error(result.model), noise);  // oversampling 6: about noise / sqrt 6
  }
}

TEST(Recovery, IsJudgedByWhatItIsGiven) {
  const Planted planted(kSize, kRank, 10, 5, 7);
  Entries wrong = planted.entries;
  std::fill(wrong.values.begin(), wrong.values.end(), 1.0);
  const Result right = solve(planted.entries, recovering(kRank), &planted.entries);
  EXPECT_EQ(right.summary.num_entries, planted.entries.size()) << "nothing more is held out";
  EXPECT_EQ(right.summary.recovery->num_checked, planted.entries.size());
  expect_recovered(planted, right, kRank);
  EXPECT_EQ(solve(planted.entries, recovering(kRank), &wrong).summary.recovery->verdict,
            RecoveryVerdict::not_recovered);
}

TEST(Recovery, CountsRowsThatAreNotDetermined) {
  Planted planted(kSize, kRank, 10, 6, 8);
  Entries fewer = planted.entries;
  fewer.rows.clear(), fewer.cols.clear(), fewer.values.clear();
  int kept = 0;
  for (std::size_t p = 0; p < planted.entries.values.size(); ++p) {
    const std::int32_t row = planted.entries.rows[p];
    if (row == 0 || (row == 1 && kept++ >= kRank - 1)) continue;  // row 0 has none, row 1 three
    fewer.rows.push_back(row);
    fewer.cols.push_back(planted.entries.cols[p]);
    fewer.values.push_back(planted.entries.values[p]);
  }
  const Summary s = solve(fewer, recovering(kRank)).summary;
  EXPECT_EQ(s.recovery->verdict, RecoveryVerdict::recovered) << describe(*s.recovery);
  EXPECT_EQ(s.recovery->undetermined_rows, 2);
  EXPECT_EQ(s.recovery->undetermined_cols, 0);
  EXPECT_FALSE(s.warnings.empty());
}

TEST(Recovery, CentresWhenAsked) {
  Planted planted(kSize, 2, 1, 8, 9);
  for (double& value : planted.entries.values) value += 3;
  Options o = recovering(3);  // the mean of what is left is not that of the whole: one more
  const Result as_it_is = solve(planted.entries, o);
  EXPECT_EQ(as_it_is.summary.recovery->verdict, RecoveryVerdict::recovered);
  EXPECT_EQ(as_it_is.model.mean, 0);
  o.recover->center = Center::mean;
  const Result centred = solve(planted.entries, o);
  EXPECT_NEAR(centred.model.mean, 3, 0.01);
  EXPECT_EQ(centred.summary.recovery->verdict, RecoveryVerdict::recovered) << describe(*centred.summary.recovery);
}

TEST(Recovery, DoesNotDependOnThreads) {
  const Planted planted(kSize, kRank, 10, 5, 10);
  Options one = recovering(30), many = recovering(30);
  one.recover->estimate_rank = many.recover->estimate_rank = true;
  one.threads = 1, many.threads = 3;
  const Result a = solve(planted.entries, one), b = solve(planted.entries, many);
  EXPECT_EQ(a.model.row_factors.values, b.model.row_factors.values);
  EXPECT_EQ(a.summary.passes, b.summary.passes);
}

TEST(Recovery, TellsAllRoundsAsOne) {
  const Planted planted(kSize, kRank, 10, 5, 11);
  Options o = recovering(30);
  o.recover->estimate_rank = true;
  int last = -1;
  o.callback = [&](const IterationSummary& row) {
    EXPECT_GE(row.iteration, last);
    last = row.iteration;
    return CallbackAction::proceed;
  };
  const Summary s = solve(planted.entries, o).summary;
  EXPECT_EQ(last, s.iterations);
  EXPECT_EQ(s.history.back().passes, s.passes);
  EXPECT_GE(s.recovery->paths, kRank);
  for (std::size_t i = 1; i < s.history.size(); ++i) EXPECT_GE(s.history[i].passes, s.history[i - 1].passes);

  o.callback = [](const IterationSummary& row) {
    return row.iteration >= 9 ? CallbackAction::stop : CallbackAction::proceed;
  };
  EXPECT_EQ(solve(planted.entries, o).summary.termination, Termination::stopped_by_callback);
  o.callback = nullptr;
  o.max_iterations = 7;
  const Summary cut = solve(planted.entries, o).summary;
  EXPECT_EQ(cut.termination, Termination::max_iterations);
  EXPECT_EQ(cut.iterations, 7);
}

TEST(Recovery, RefusesWhatDoesNotGoWithIt) {
  const Planted planted(20, 1, 1, 4, 12);
  for (const auto& change : std::vector<void (*)(Options&)>{
           [](Options& o) { o.regularization = 0.1; }, [](Options& o) { o.regularization = 0; },
           [](Options& o) { o.weighting = 1; }, [](Options& o) { o.grow_rank = true; },
           [](Options& o) { o.certificate = true; }, [](Options& o) { o.precision = Precision::float32; },
           [](Options& o) { o.solver = GradientDescentOptions{}; }, [](Options& o) { o.recover->tolerance = 0; },
           [](Options& o) { o.recover->check_fraction = 1; }, [](Options& o) { o.recover->check_fraction = -0.1; }}) {
    Options o = recovering(1);
    change(o);
    EXPECT_FALSE(validate(o).empty());
    EXPECT_THROW(solve(planted.entries, o), InvalidOption);
  }
  const Result result = solve(planted.entries, recovering(1));
  const Start start{result.model.row_factors, result.model.col_factors};
  EXPECT_THROW(solve(planted.entries, recovering(1), nullptr, &start), InvalidOption);
  TuneOptions tuning;
  tuning.solve = recovering(1);
  EXPECT_THROW(tune(planted.entries, tuning), InvalidOption);
}

TEST(Recovery, RefusesDataItCannotUse) {
  const Entries good = Planted(20, 1, 1, 4, 13).entries;
  for (const auto& change :
       std::vector<void (*)(Entries&)>{[](Entries& e) { e.rows.pop_back(); }, [](Entries& e) { e.rows[0] = 20; },
                                       [](Entries& e) { e.values[0] = std::numeric_limits<double>::quiet_NaN(); },
                                       [](Entries& e) { e.rows = {}, e.cols = {}, e.values = {}; }}) {
    Entries bad = good;
    change(bad);
    EXPECT_THROW(solve(bad, recovering(1)), InvalidData);
  }
}

}  // namespace
}  // namespace rankfill
