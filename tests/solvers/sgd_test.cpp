// SPDX-License-Identifier: Apache-2.0
#include "solvers/sgd.hpp"

#include <algorithm>
#include <set>
#include <type_traits>

#include "solvers/als.hpp"
#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

NamedEntries named_entries(const Case& c) {
  const HostProblem host = host_problem(c);
  return {host.by_row.row_ptr, host.by_row.col_idx, host.num_cols, {}, {}};
}

TEST(Schedule, VisitsEveryEntryOnceInBlocksThatShareNothing) {
  const NamedEntries m = named_entries(make_case("ragged", 40, 30, 1, 50));
  std::vector<std::int32_t> row_of(m.cols.size());
  for (std::size_t i = 0; i + 1 < m.row_ptr.size(); ++i)
    std::fill(row_of.begin() + m.row_ptr[i], row_of.begin() + m.row_ptr[i + 1], static_cast<std::int32_t>(i));
  for (const int num_blocks : {1, 2, 7, 28}) {
    const Schedule schedule = make_schedule(m, num_blocks, 5);

    std::vector<std::int64_t> sorted = schedule.entries;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t p = 0; p < sorted.size(); ++p) ASSERT_EQ(sorted[p], static_cast<std::int64_t>(p));
    const auto n = static_cast<std::size_t>(num_blocks);
    ASSERT_EQ(schedule.block_ptr.size(), n * n + 1);
    ASSERT_EQ(schedule.block_ptr.back(), static_cast<std::int64_t>(m.cols.size()));
    for (std::size_t s = 0; s < n; ++s) {
      std::set<std::int32_t> rows_before, cols_before;
      for (std::size_t b = 0; b < n; ++b) {
        std::set<std::int32_t> rows, cols;
        for (std::int64_t p = schedule.block_ptr[s * n + b]; p < schedule.block_ptr[s * n + b + 1]; ++p) {
          const auto entry = static_cast<std::size_t>(schedule.entries[static_cast<std::size_t>(p)]);
          rows.insert(row_of[entry]);
          cols.insert(m.cols[entry]);
        }
        for (const std::int32_t row : rows) EXPECT_TRUE(rows_before.insert(row).second) << s;
        for (const std::int32_t col : cols) EXPECT_TRUE(cols_before.insert(col).second) << s;
      }
    }
  }
}

// Groups differ by at most the fullest row: 1 in 2 of 30 columns for 39 rows gives no row more than 30.
TEST(Schedule, BalancesItsGroups) {
  const NamedEntries m = named_entries(make_case("ragged", 40, 30, 1, 50));
  const Schedule schedule = make_schedule(m, 4, 0);
  std::vector<std::int64_t> of_group(4, 0);
  for (std::size_t s = 0; s < 4; ++s)
    for (std::size_t a = 0; a < 4; ++a)
      of_group[a] += schedule.block_ptr[s * 4 + a + 1] - schedule.block_ptr[s * 4 + a];
  EXPECT_LE(*std::max_element(of_group.begin(), of_group.end()) - *std::min_element(of_group.begin(), of_group.end()),
            30);
}

// A backend that stores rows and columns in an order of its own visits the same entries in the same order.
TEST(Schedule, GoesByNamesAndNotByPlaces) {
  const Case c = make_case("ragged", 12, 9, 1, 60);
  const NamedEntries m = named_entries(c);
  NamedEntries moved{{0}, {}, 9, {}, {}};  // rows backwards, column j at place (j + 4) % 9
  for (std::int32_t place = 0; place < 9; ++place) moved.col_names.push_back((place + 5) % 9);
  std::vector<std::pair<std::int32_t, std::int32_t>> pairs, moved_pairs;  // of names, by entry
  for (std::int32_t i = 0; i < 12; ++i)
    for (std::int64_t p = m.row_ptr[static_cast<std::size_t>(i)]; p < m.row_ptr[static_cast<std::size_t>(i) + 1]; ++p)
      pairs.emplace_back(i, m.cols[static_cast<std::size_t>(p)]);
  for (std::int32_t i = 11; i >= 0; --i) {
    moved.row_names.push_back(i);
    for (std::int32_t place = 0; place < 9; ++place)
      if (c.dense.seen(i, (place + 5) % 9) != 0) {
        moved.cols.push_back(place);
        moved_pairs.emplace_back(i, (place + 5) % 9);
      }
    moved.row_ptr.push_back(static_cast<std::int64_t>(moved.cols.size()));
  }

  const Schedule a = make_schedule(m, 3, 9), b = make_schedule(moved, 3, 9);

  EXPECT_EQ(a.block_ptr, b.block_ptr);
  for (std::size_t p = 0; p < pairs.size(); ++p)
    EXPECT_EQ(pairs[static_cast<std::size_t>(a.entries[p])], moved_pairs[static_cast<std::size_t>(b.entries[p])]);
}

TEST(Schedule, IsDrawnFromItsSeed) {
  const NamedEntries m = named_entries(make_case("ragged", 12, 9, 1, 60));
  EXPECT_EQ(make_schedule(m, 3, 1).entries, make_schedule(m, 3, 1).entries);
  EXPECT_NE(make_schedule(m, 3, 1).entries, make_schedule(m, 3, 2).entries);
  EXPECT_EQ(shuffled(20, 1, 4), shuffled(20, 1, 4));
  EXPECT_NE(shuffled(20, 1, 4), shuffled(20, 1, 5));
  std::vector<int> sorted = shuffled(20, 1, 4);
  std::sort(sorted.begin(), sorted.end());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sorted[static_cast<std::size_t>(i)], i);
}

TEST(Schedule, HasBlocksThatSuitTheProblem) {
  EXPECT_EQ(choose_num_blocks(1, 1, 1), 1);
  EXPECT_EQ(choose_num_blocks(256 * 18 * 18, 610, 9000), 18);
  EXPECT_EQ(choose_num_blocks(1'000'000, 100'000, 7), 7);
  EXPECT_EQ(choose_num_blocks(1'000'000'000'000, 100'000'000, 100'000'000), 1024);
}

template <class B>
class SgdTest : public KernelTest<B> {};

TYPED_TEST_SUITE(SgdTest, Backends, BackendNames);

TYPED_TEST(SgdTest, MeasuresThePointItLeavesAndCountsItsPasses) {
  const Case c = make_case("ragged", 12, 9, 4, 50);
  for (const int epochs : {1, 4}) {
    OnBackend<double, TypeParam> s(*this->backend, c);
    Sgd<double, TypeParam> solver(*this->backend, s.problem, c.rank, {.epochs = epochs}, 0);
    Gradient<double, TypeParam> gradient(*this->backend, s.problem);
    double last = std::numeric_limits<double>::infinity();
    for (int iteration = 0; iteration < 8; ++iteration) {
      const Measure want = gradient.measure(s.at, s.gradient);
      const Step step = solver.iterate(s.at);
      EXPECT_EQ(step.before.squared_error, want.squared_error);
      EXPECT_EQ(step.before.penalty, want.penalty);
      EXPECT_EQ(step.before.gradient_norm, want.gradient_norm);
      const double once = 2 * epochs + 2, rest = step.passes - (iteration == 0 ? 2 : 0);
      EXPECT_EQ(rest, once * std::round(rest / once)) << "whole attempts";
      EXPECT_GE(rest, once);
      EXPECT_LT(want.objective(), last);
      last = want.objective();
    }
  }
}

// A speed at which the point flies apart is halved until it does not.
TYPED_TEST(SgdTest, RecoversFromASpeedThatIsTooHigh) {
  const Case c = make_case("ragged", 12, 9, 4, 50);
  OnBackend<float, TypeParam> s(*this->backend, c);
  Sgd<float, TypeParam> solver(*this->backend, s.problem, c.rank, {.step_size = 1000}, 0);

  const Step first = solver.iterate(s.at), second = solver.iterate(s.at);

  EXPECT_TRUE(first.moved);
  EXPECT_GT(first.passes, 2 + 10);
  EXPECT_LT(second.before.objective(), first.before.objective());
}

TYPED_TEST(SgdTest, ComesWithinOnePercentOfTheOptimum) {
  for (const double nu : {0.0, 0.5, 1.0}) {
    const Case c = make_case("enough entries", 12, 10, 2, 90);
    HostProblem host = host_problem(c);
    host.weighting = nu;
    host.lambda = nu > 0 ? 0.05 : 1;
    const auto end = [&](auto& backend, auto make, int iterations) {
      using B = std::remove_reference_t<decltype(backend)>;
      OnBackend<double, B> s(backend, c);
      auto problem = upload_problem<double>(backend, host, c.rank, Formulation::entries, false);
      auto solver = make(backend, problem);
      double objective = 0;
      for (int i = 0; i < iterations; ++i) objective = solver.iterate(s.at).before.objective();
      return objective;
    };
    CpuBackend cpu(1);
    const double optimum = end(
        cpu, [&](CpuBackend& b, auto& p) { return Als<double, CpuBackend>(b, p, c.rank, {.cg_steps = 0}); }, 200);
    const double got = end(
        *this->backend, [&](TypeParam& b, auto& p) { return Sgd<double, TypeParam>(b, p, c.rank, {}, 0); }, 30);
    EXPECT_NEAR(got, optimum, 0.01 * optimum) << nu;
  }
}

// Whatever the start has there.
TYPED_TEST(SgdTest, EmptyRowsGoToZero) {
  const Case c = make_case("ragged", 12, 9, 4, 50);
  OnBackend<float, TypeParam> s(*this->backend, c);
  Sgd<float, TypeParam> solver(*this->backend, s.problem, c.rank, {}, 0);

  solver.iterate(s.at);

  const auto u = s.at.row.values.download(), v = s.at.col.values.download();
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(u[4 + k], 0);
    EXPECT_EQ(v[8 + k], 0);
    EXPECT_NE(u[k], 0);
  }
}

TYPED_TEST(SgdTest, TakesTheSameStepsOnTheCpu) {
  const Case c = make_case("ragged", 12, 9, 4, 50);
  CpuBackend cpu(1);
  OnBackend<double, TypeParam> here(*this->backend, c);
  OnBackend<double, CpuBackend> there(cpu, c);
  Sgd<double, TypeParam> solver(*this->backend, here.problem, c.rank, {}, 3);
  Sgd<double, CpuBackend> other(cpu, there.problem, c.rank, {}, 3);
  for (int iteration = 0; iteration < 3; ++iteration) {
    EXPECT_EQ(solver.iterate(here.at).passes, other.iterate(there.at).passes);
    // a step rounds a dot and a handful of sums; there are 4 epochs of 9 steps at most on a row, and they do not blow up
    const auto want = there.at.row.values.download();
    expect_near(here.at.row.values.download(), {want.begin(), want.end()},
                tolerance<double>((4 + 4) * 4 * 12 * (iteration + 1), 4), c.why);
  }
}

}  // namespace
}  // namespace rankfill::testing
