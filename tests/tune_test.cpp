// SPDX-License-Identifier: Apache-2.0
#include "rankfill/tune.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <set>

#include "rankfill/error.hpp"
#include "rankfill/evaluate.hpp"
#include "support/prepared_case.hpp"
#include "tune_search.hpp"

namespace rankfill {
namespace {

constexpr double kNoise = 0.3;

Entries data() { return test::planted(80, 60, 0.4, kNoise); }

TuneOptions quick() {
  TuneOptions t;
  t.solve.device.kind = Device::Kind::cpu;
  t.solve.threads = 1;
  t.solve.rank = 6;
  t.solve.center = Center::none;
  t.weightings = {0};
  return t;
}

/// Every fit ends close to its minimiser.
TuneOptions exact() {
  TuneOptions t = quick();
  t.solve.precision = Precision::float64;
  t.solve.holdout_tolerance = 1e-6;
  t.solve.gradient_tolerance = 1e-7;
  t.solve.max_iterations = 3000;
  return t;
}

std::vector<double> lambdas_of(const TuneResult& result) {
  std::vector<double> lambdas;
  for (const TunePoint& point : result.points) lambdas.push_back(point.regularization);
  return lambdas;
}

TEST(Tune, FindsALambdaAsGoodAsTheBestOfAFineGrid) {
  const Entries train = data(), test = test::planted(80, 60, 0.4, kNoise, 1);
  TuneOptions t = quick();
  t.holdout = Folds{5};

  const TuneResult tuned = tune(train, t);

  const auto test_rmse = [&](double lambda) {
    Options o = tuned.options;
    o.regularization = lambda;
    return evaluate(solve(train, o).model, test).rmse;
  };
  double best = std::numeric_limits<double>::infinity();
  for (int step = -16; step <= 16; ++step)
    best = std::min(best, test_rmse(tuned.winner().regularization * std::pow(2, step / 4.0)));
  // An RMSE over N independent errors has a relative deviation of 1 / sqrt(2 N): that of the choice, and that of the
  // test.
  const auto deviation = [](const Entries& e) { return 1 / std::sqrt(2 * static_cast<double>(e.size())); };
  const double bound = best * (1 + 2 * (deviation(train) + deviation(test)));
  EXPECT_LE(evaluate(tuned.result.model, test).rmse, bound);
  EXPECT_GT(test_rmse(tuned.winner().regularization * 16), bound) << "nothing was to be found";
  EXPECT_GT(test_rmse(tuned.winner().regularization / 16), bound) << "nothing was to be found";
  EXPECT_FALSE(tuned.at_border);
  EXPECT_EQ(tuned.num_heldout, train.size());
  EXPECT_EQ(tuned.parts, 5);
  EXPECT_GT(tuned.winner().standard_error, 0);
}

TEST(Tune, WarmStartsEndWhereColdOnesDo) {
  TuneOptions t = exact();
  t.weightings = {0, 1};
  t.regularizations = {8, 4, 2, 1, 0.5, 0.2, 0.1, 0.05};
  t.refine = t.extend = 0;
  const TuneResult warm = tune(data(), t);
  t.warm_start = false;
  const TuneResult cold = tune(data(), t);

  ASSERT_EQ(lambdas_of(warm), lambdas_of(cold));
  EXPECT_EQ(warm.best, cold.best);
  for (const double weighting : t.weightings) {
    const TunePoint* best = nullptr;
    for (const TunePoint& p : cold.points)
      if (p.weighting == weighting && (best == nullptr || p.rmse < best->rmse)) best = &p;
    int compared = 0;
    for (std::size_t k = 0; k < warm.points.size(); ++k) {
      const TunePoint &a = warm.points[k], &b = cold.points[k];
      if (a.weighting != weighting || a.regularization < best->regularization)
        continue;  // below, there are many minima
      // What remains when an iteration moves the RMSE by tolerance / patience, and the next ones by 0.98 of that each.
      const double remains = t.solve.holdout_tolerance / t.solve.patience / (1 - 0.98);
      EXPECT_NEAR(a.rmse, b.rmse, 2 * remains * b.rmse) << a.regularization << " " << a.weighting;
      ++compared;
    }
    EXPECT_GE(compared, 3);
  }
}

TEST(Tune, FactorsThatCollapsedGrowAgain) {
  TuneOptions t = exact();
  t.refine = t.extend = 0;
  t.regularizations = {1000, 500, 2};
  const TuneResult path = tune(data(), t);
  t.regularizations = {2};
  const TuneResult alone = tune(data(), t);

  ASSERT_GT(path.points[0].rmse, 1.5 * alone.points[0].rmse);
  EXPECT_NEAR(path.points[2].rmse, alone.points[0].rmse, 1e-4 * alone.points[0].rmse);
}

TEST(Tune, TriesEveryRankAndWeightingAndTheGivenLambdas) {
  TuneOptions t = quick();
  t.ranks = {2, 4, 2};
  t.weightings = {0, 1};
  t.regularizations = {0.5, 2, 0, 2};
  t.refine = t.extend = 0;
  const TuneResult tuned = tune(data(), t);

  std::set<std::tuple<int, double, double>> tried;
  for (const TunePoint& p : tuned.points) tried.insert({p.rank, p.weighting, p.regularization});
  EXPECT_EQ(tuned.points.size(), 12u);
  EXPECT_EQ(tried.size(), 12u);
  EXPECT_TRUE(tried.count({4, 1, 0}));
  for (const TunePoint& p : tuned.points) EXPECT_GE(p.rmse, tuned.winner().rmse);
  EXPECT_EQ(tuned.options.rank, tuned.winner().rank);
  EXPECT_EQ(tuned.result.model.rank(), tuned.winner().rank);
  EXPECT_EQ(tuned.result.summary.regularization, tuned.winner().regularization);
  EXPECT_EQ(tuned.result.summary.num_entries, data().size()) << "the winner is fitted to all";
}

TEST(Tune, ContinuesAGridWhoseEndIsBest) {
  for (const double far : {30.0, 0.1}) {  // at the first nothing is left of the factors
    TuneOptions t = quick();
    t.regularizations = {far, 1.5 * far};
    t.extend = 0;
    const TuneResult stuck = tune(data(), t);
    EXPECT_TRUE(stuck.at_border) << far;
    EXPECT_FALSE(stuck.warnings.empty()) << far;

    t.extend = 30;
    const TuneResult moved = tune(data(), t);
    EXPECT_FALSE(moved.at_border) << far;
    EXPECT_LT(moved.winner().rmse, stuck.winner().rmse) << far;
    EXPECT_EQ(moved.winner().regularization<far, far> 1) << far;
  }
}

TEST(Tune, IsDeterministic) {
  TuneOptions t = quick();
  t.holdout = Folds{3};
  t.solve.threads = 1;
  const TuneResult once = tune(data(), t);
  t.solve.threads = 4;
  const TuneResult again = tune(data(), t);

  EXPECT_EQ(lambdas_of(once), lambdas_of(again));
  for (std::size_t k = 0; k < once.points.size(); ++k) EXPECT_EQ(once.points[k].rmse, again.points[k].rmse);
  EXPECT_EQ(once.result.model.col_factors.values, again.result.model.col_factors.values);
  t.solve.seed = 1;
  EXPECT_NE(tune(data(), t).points[0].rmse, once.points[0].rmse) << "the seed decides what is held out";
}

TEST(Tune, ValidatesWithWhatItIsGiven) {
  Entries validation = test::planted(80, 60, 0.1, kNoise, 2);
  validation.rows[0] = -1;  // never seen in training
  TuneOptions t = quick();
  const TuneResult tuned = tune(data(), t, &validation);

  EXPECT_EQ(tuned.num_heldout, validation.size());
  EXPECT_TRUE(std::isnan(tuned.winner().standard_error));
  EXPECT_THROW(tune(data(), t, &(validation = {})), InvalidData);
}

TEST(Tune, HoldsOutTheLatest) {
  Entries train = data();
  TuneOptions t = quick();
  t.holdout = LatestHoldout{0.25};
  EXPECT_THROW(tune(train, t), InvalidData);  // no times
  for (std::size_t p = 0; p < train.values.size(); ++p) train.times.push_back(static_cast<double>(p));
  EXPECT_EQ(tune(train, t).num_heldout, std::llround(0.25 * static_cast<double>(train.size())));
}

TEST(Tune, StopsWhenTold) {
  TuneOptions t = quick();
  t.callback = [](const TuneProgress& progress) {
    EXPECT_EQ(progress.done <= progress.planned, true);
    EXPECT_LE(progress.best.rmse, progress.point.rmse);
    return progress.done == 3 ? CallbackAction::stop : CallbackAction::proceed;
  };
  const TuneResult tuned = tune(data(), t);

  EXPECT_EQ(tuned.points.size(), 3u);
  EXPECT_EQ(tuned.termination, TuneTermination::stopped_by_callback);
  EXPECT_EQ(tuned.result.summary.num_entries, data().size());
}

TEST(Tune, KeepsTheBestWhenInterrupted) {
  std::atomic<bool> interrupt{false};
  TuneOptions t = quick();
  t.solve.interrupt = &interrupt;
  t.callback = [&](const TuneProgress& progress) {
    interrupt = progress.done == 4;
    return CallbackAction::proceed;
  };
  const TuneResult tuned = tune(data(), t);

  EXPECT_EQ(tuned.points.size(), 4u);
  EXPECT_EQ(tuned.termination, TuneTermination::interrupted);
  EXPECT_EQ(tuned.result.summary.holdout_rmse, tuned.winner().rmse) << "the model is that of the best point";
  EXPECT_EQ(tuned.result.summary.num_entries + tuned.num_heldout, data().size());
  EXPECT_THROW(tune(data(), t), Error) << "before the first point";
}

TEST(Tune, RefusesWhatMakesNoSense) {
  const auto refused = [](const char* field, const auto& change) {
    TuneOptions t = quick();
    change(t);
    try {
      tune(data(), t);
      ADD_FAILURE() << field << " was accepted";
    } catch (const InvalidOption& error) {
      EXPECT_EQ(error.field, field);
    }
  };
  refused("weightings", [](TuneOptions& t) { t.weightings = {}; });
  refused("weighting", [](TuneOptions& t) { t.weightings = {0, 1.5}; });
  refused("regularizations", [](TuneOptions& t) { t.regularizations = {1, -1}; });
  refused("regularizations", [](TuneOptions& t) { t.regularizations = {std::nan("")}; });
  refused("rank", [](TuneOptions& t) { t.ranks = {4, 0}; });
  refused("rank", [](TuneOptions& t) { t.solve.grow_rank = true; });
  refused("folds", [](TuneOptions& t) { t.holdout = Folds{1}; });
  refused("refine", [](TuneOptions& t) { t.refine = -1; });
  refused("extend", [](TuneOptions& t) { t.extend = -1; });
  refused("patience", [](TuneOptions& t) { t.solve.patience = 0; });
  refused("holdout fraction", [](TuneOptions& t) { t.holdout = RandomHoldout{0}; });
}

TEST(TuneSearch, NextIsTheVertexOfTheParabola) {
  const auto parabola = [](double x) { return Tried{x, 2 + 3 * (x - 0.3) * (x - 0.3)}; };
  std::vector<Tried> tried{parabola(-1.5), parabola(-1), parabola(0), parabola(1.2)};
  // A few operations on numbers near 10.
  EXPECT_NEAR(next_to_try(tried, 2, 0.05).value(), 0.3, 100 * std::numeric_limits<double>::epsilon());
  tried.insert(tried.begin() + 3, parabola(0.3));
  EXPECT_FALSE(next_to_try(tried, 3, 0.05)) << "the vertex was tried";
}

TEST(TuneSearch, NextIsAGoldenSectionWhereNoParabolaOpensUpwards) {
  const double infinite = std::numeric_limits<double>::infinity();
  const std::vector<Tried> tried{{0, infinite}, {1, 1}, {3, 2}};
  EXPECT_NEAR(next_to_try(tried, 1, 0.05).value(), 1 + 2 * (3 - std::sqrt(5)) / 2, 1e-14);
  EXPECT_FALSE(next_to_try(tried, 0, 0.05)) << "an end";
  EXPECT_FALSE(next_to_try(tried, 2, 0.05)) << "an end";
  EXPECT_FALSE(next_to_try(tried, 1, 1.5)) << "all is near";
}

TEST(TuneSearch, AFitHasSettledWhenNothingMovesEitherWay) {
  const auto calls_until = [](double change) {
    Settled settled(1e-3, 4);
    double rmse = 1;
    for (int call = 1; call <= 50; ++call, rmse *= 1 + change)
      if (settled(rmse)) return call;
    return 0;
  };
  EXPECT_EQ(calls_until(0), 5);
  EXPECT_EQ(calls_until(2e-4), 5);  // four steps of it: 0.8e-3
  EXPECT_EQ(calls_until(-2e-4), 5);
  EXPECT_EQ(calls_until(3e-4), 0);  // 1.2e-3
  EXPECT_EQ(calls_until(-3e-4), 0);
}

}  // namespace
}  // namespace rankfill
