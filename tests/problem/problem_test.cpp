// SPDX-License-Identifier: Apache-2.0
#include "problem/host_problem.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "backend/cpu.hpp"
#include "problem/prepare.hpp"
#include "rankfill/error.hpp"

namespace rankfill {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

Entries ragged() {  // [1 2 .; . . .; 3 . 6]
  Entries e;
  e.num_rows = 3;
  e.num_cols = 3;
  e.rows = {0, 0, 2, 2};
  e.cols = {0, 1, 0, 2};
  e.values = {1, 2, 3, 6};
  return e;
}

Entries block() {  // rows 0 and 2, columns 1 and 3 of a 3 x 4 matrix
  Entries e;
  e.num_rows = 3;
  e.num_cols = 4;
  e.rows = {2, 0, 2, 0};
  e.cols = {1, 1, 3, 3};
  e.values = {3, 1, 4, 2};
  return e;
}

TEST(Problem, TakesTheMeanOff) {
  const HostProblem p = prepare_on_host(ragged(), Options{}, nullptr);
  EXPECT_EQ(p.by_row.values, (std::vector<double>{-2, -1, 0, 3}));
  EXPECT_NEAR(p.value_rms, std::sqrt(14.0 / 4), 4 * kEpsilon);
  EXPECT_EQ(p.empty_rows, 1);
  EXPECT_EQ(p.empty_cols, 0);
}

TEST(Problem, AutomaticRegularizationFollowsItsFormula) {
  // Eq. 4: rms / 2 (sqrt(4 / 2) + sqrt(4 / 3)) plain, rms / 10 by count, geometric between them
  Options o;
  const double rms = std::sqrt(14.0 / 4), plain = rms / 2 * (std::sqrt(2.0) + std::sqrt(4.0 / 3)), count = rms / 10;
  EXPECT_NEAR(prepare_on_host(ragged(), o, nullptr).lambda, plain, 8 * kEpsilon * plain);
  o.weighting = 1;
  EXPECT_NEAR(prepare_on_host(ragged(), o, nullptr).lambda, count, 8 * kEpsilon * count);
  o.weighting = 0.5;
  EXPECT_NEAR(prepare_on_host(ragged(), o, nullptr).lambda, std::sqrt(plain * count), 16 * kEpsilon * plain);
  o.regularization = 0;
  EXPECT_EQ(prepare_on_host(ragged(), o, nullptr).lambda, 0);
}

TEST(Problem, SeesABlockAmongEmptyRows) {
  EXPECT_TRUE(prepare_on_host(block(), Options{}, nullptr).is_block);
  EXPECT_FALSE(prepare_on_host(ragged(), Options{}, nullptr).is_block);
}

TEST(Problem, RefusesTheBlockFormulationWithoutABlock) {
  Options o;
  o.formulation = Formulation::block;
  EXPECT_THROW(prepare_on_host(ragged(), o, nullptr), InvalidOption);
  EXPECT_NO_THROW(prepare_on_host(block(), o, nullptr));
}

TEST(Problem, ResolvesTheFormulation) {
  EXPECT_EQ(resolve(Formulation::automatic, true), Formulation::block);
  EXPECT_EQ(resolve(Formulation::automatic, false), Formulation::entries);
  EXPECT_EQ(resolve(Formulation::entries, true), Formulation::entries);
  EXPECT_EQ(resolve(Formulation::projection, true), Formulation::projection);
}

TEST(Problem, UnseenHeldOutEntriesArePredictedByTheKnownBiases) {
  Options o;
  o.center = Center::bias;
  Entries holdout = ragged();
  holdout.rows = {-1, 0};
  holdout.cols = {1, -1};
  holdout.values = {5, 7};

  const HostProblem p = prepare_on_host(ragged(), o, &holdout);

  const double first = 5 - p.centering.mean - p.centering.col_bias[1];
  const double second = 7 - p.centering.mean - p.centering.row_bias[0];
  EXPECT_EQ(p.num_holdout, 2);
  EXPECT_TRUE(p.holdout.values.empty());
  EXPECT_NEAR(p.unseen_squared_error, first * first + second * second, 8 * kEpsilon * p.unseen_squared_error);
}

TEST(Problem, RefusesHeldOutDataOfAnotherShape) {
  Entries holdout = ragged();
  holdout.num_cols = 4;
  EXPECT_THROW(prepare_on_host(ragged(), Options{}, &holdout), InvalidData);
}

TEST(Problem, RefusesDuplicates) {
  Entries e = ragged();
  e.cols[1] = 0;
  EXPECT_THROW(prepare_on_host(e, Options{}, nullptr), InvalidData);
}

TEST(Problem, UploadsWhatTheFormulationNeeds) {
  CpuBackend cpu(1);
  Options o;
  o.weighting = 1;
  o.center = Center::none;
  const HostProblem host = prepare_on_host(block(), o, nullptr);

  const auto p = upload_problem<float>(cpu, host, 4, Formulation::block, true);

  EXPECT_EQ(p.block.num_rows, 2);
  EXPECT_EQ(p.block.num_cols, 2);
  EXPECT_EQ(p.block.rows.download(), (std::vector<std::int32_t>{0, 2}));
  EXPECT_EQ(p.block.cols.download(), (std::vector<std::int32_t>{1, 3}));
  EXPECT_EQ(p.block.values.download(), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(p.observations.row_idx.download(), (std::vector<std::int32_t>{0, 0, 2, 2}));
  EXPECT_EQ(p.row_weights.download(), (std::vector<float>{2, 0, 2}));
  EXPECT_EQ(p.col_weights.download(), (std::vector<float>{0, 2, 0, 2}));
}

Entries reversed(Entries e) {
  std::reverse(e.rows.begin(), e.rows.end());
  std::reverse(e.cols.begin(), e.cols.end());
  std::reverse(e.values.begin(), e.values.end());
  return e;
}

template <class T>
void expect_prepared_as_on_the_host(const Entries& kept, Center center) {
  Options o;
  o.center = center;
  o.weighting = 0.5;
  CpuBackend cpu(2);
  const auto want = upload_problem<T>(cpu, prepare_on_host(kept, o, nullptr), o.rank, Formulation::entries, false);
  Entries given = kept;
  for (const TrainingEntries& train : {TrainingEntries(kept), TrainingEntries(std::move(given))}) {
    const auto p = prepare<T>(cpu, train, o, nullptr);
    for (const auto& [got, expected] : {std::pair(&p.observations.by_row, &want.observations.by_row),
                                        std::pair(&p.observations.by_col, &want.observations.by_col)}) {
      EXPECT_EQ(got->num_rows, expected->num_rows);
      EXPECT_EQ(got->num_cols, expected->num_cols);
      EXPECT_EQ(got->num_entries, expected->num_entries);
      EXPECT_EQ(got->row_ptr.download(), expected->row_ptr.download());
      EXPECT_EQ(got->col_idx.download(), expected->col_idx.download());
      EXPECT_EQ(got->values.download(), expected->values.download());
    }
    EXPECT_EQ(p.row_weights.download(), want.row_weights.download());
    EXPECT_EQ(p.col_weights.download(), want.col_weights.download());
    EXPECT_EQ(p.empty_rows, want.empty_rows);
    EXPECT_EQ(p.empty_cols, want.empty_cols);
    const auto terms = static_cast<double>(kept.size());  // of the mean square
    EXPECT_NEAR(p.value_rms, want.value_rms, terms * kEpsilon * want.value_rms);
    EXPECT_NEAR(p.lambda, want.lambda, 2 * terms * kEpsilon * want.lambda);
  }
  EXPECT_EQ(kept.size(), 4);
  EXPECT_TRUE(given.rows.empty() && given.cols.empty() && given.values.empty());
  EXPECT_EQ(given.num_rows, kept.num_rows);
}

TEST(Problem, PreparesInFewCopiesWhatTheHostDoesInMany) {
  for (const Entries& e : {ragged(), reversed(ragged()), block()})
    for (const Center center : {Center::none, Center::mean, Center::bias}) {
      expect_prepared_as_on_the_host<float>(e, center);
      expect_prepared_as_on_the_host<double>(e, center);
    }
}

TEST(Problem, RefusesDuplicatesOfEntriesGivenAway) {
  Entries e = reversed(ragged());
  e.cols[2] = 0;
  CpuBackend cpu(1);
  EXPECT_THROW(prepare<float>(cpu, TrainingEntries(std::move(e)), Options{}, nullptr), InvalidData);
}

TEST(Problem, PlainWeightingStoresNoWeights) {
  CpuBackend cpu(1);
  const auto p =
      upload_problem<double>(cpu, prepare_on_host(ragged(), Options{}, nullptr), 4, Formulation::entries, false);
  EXPECT_TRUE(p.row_weights.empty() && p.col_weights.empty() && p.observations.row_idx.empty());
}

}  // namespace
}  // namespace rankfill
