// SPDX-License-Identifier: Apache-2.0
#include "problem/prepare.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>

#include "problem/taken_entries.hpp"
#include "rankfill/error.hpp"
#include "rankfill/solve.hpp"
#include "tests/problem/prepare_examples.hpp"
#include "tests/support/complaint.hpp"
#include "tests/support/kernel_case.hpp"

// The problem that the device makes, held against the one that the host makes of the same entries.

namespace rankfill::testing {
namespace {

using Indices = std::vector<std::int32_t>;

class PrepareOnCuda : public KernelTest<CudaBackend> {};

/// A Csr on the host again, its values decoded.
struct Downloaded {
  std::vector<std::int64_t> row_ptr;
  Indices cols;
  std::vector<double> values;
};

template <class T>
Downloaded downloaded(const Csr<T, CudaBackend>& m) {
  Downloaded d{m.row_ptr.download(), m.col_idx.download(), {}};
  for (const std::uint16_t col : m.narrow_col_idx.download()) d.cols.push_back(col);
  for (const T value : m.values.download()) d.values.push_back(value);
  const auto decode = [&](const auto& codes) {
    for (const auto code : codes) d.values.push_back(std::fma(m.code_step, static_cast<T>(code), m.code_offset));
  };
  decode(m.codes8.download());
  decode(m.codes16.download());
  return d;
}

std::size_t at(std::int32_t i) { return static_cast<std::size_t>(i); }

/// Indices by descending count, equal counts by index.
Indices by_count(const std::vector<std::int64_t>& row_ptr) {
  Indices order(row_ptr.size() - 1);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return row_ptr[at(a) + 1] - row_ptr[at(a)] > row_ptr[at(b) + 1] - row_ptr[at(b)];
  });
  return order;
}

/// The host's matrix with rows and columns in the given orders.
HostCsr permuted(const HostCsr& m, const Indices& row_order, const Indices& col_order) {
  Indices col_place(col_order.size());
  for (std::size_t r = 0; r < col_order.size(); ++r) col_place[at(col_order[r])] = static_cast<std::int32_t>(r);
  HostCsr to{m.num_rows, m.num_cols, {0}, {}, {}};
  for (const std::int32_t row : row_order) {
    std::vector<std::pair<std::int32_t, double>> entries;
    for (auto p = static_cast<std::size_t>(m.row_ptr[at(row)]); p < static_cast<std::size_t>(m.row_ptr[at(row) + 1]);
         ++p)
      entries.emplace_back(col_place[at(m.col_idx[p])], m.values[p]);
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [col, value] : entries) to.col_idx.push_back(col), to.values.push_back(value);
    to.row_ptr.push_back(static_cast<std::int64_t>(to.values.size()));
  }
  return to;
}

template <class T>
void expect_same_plan(const RowPlan<CudaBackend>& got, const HostRowPlan& want, const std::string& why) {
  const auto chunks = got.chunks.download();
  ASSERT_EQ(chunks.size(), want.chunks.size()) << why;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    EXPECT_EQ(chunks[i].first, want.chunks[i].first) << why;
    EXPECT_EQ(chunks[i].length, want.chunks[i].length) << why;
    EXPECT_EQ(chunks[i].row, want.chunks[i].row) << why;
    EXPECT_EQ(chunks[i].slot, want.chunks[i].slot) << why;
  }
  EXPECT_EQ(got.short_rows.download(), want.short_rows) << why;
  EXPECT_EQ(got.empty_rows.download(), want.empty_rows) << why;
  EXPECT_EQ(got.num_slots, want.num_slots) << why;
}

/// `within`: of the centred values.
template <class T>
void expect_same_matrix(const Csr<T, CudaBackend>& got, const HostCsr& want, int rank, double within,
                        const std::string& why) {
  const Downloaded d = downloaded(got);
  EXPECT_EQ(got.num_rows, want.num_rows) << why;
  EXPECT_EQ(got.num_cols, want.num_cols) << why;
  EXPECT_EQ(got.num_entries, static_cast<std::int64_t>(want.values.size())) << why;
  EXPECT_EQ(got.narrow_col_idx.empty(), want.num_cols > 65536 || want.values.empty()) << why;
  EXPECT_EQ(d.row_ptr, want.row_ptr) << why;
  EXPECT_EQ(d.cols, want.col_idx) << why;
  expect_near(d.values, want.values, within, why.c_str());

  // as narrow as the host would store it
  const auto coding = find_coding<T>(want.values);
  EXPECT_EQ(!got.codes8.empty(), coding && coding->largest <= 255) << why;
  EXPECT_EQ(!got.codes16.empty(), coding && coding->largest > 255) << why;
  if (coding) {
    EXPECT_NEAR(got.code_offset, coding->offset, within) << why;
    EXPECT_NEAR(got.code_step, coding->step, within) << why;
  }
  const PlanLengths g = gradient_plan_lengths(), s = solve_plan_lengths(rank, got.num_entries);
  expect_same_plan<T>(got.gradient_plan, plan_rows(want.row_ptr, g.chunk, g.short_row), why);
  expect_same_plan<T>(got.solve_plan, plan_rows(want.row_ptr, s.chunk, s.short_row), why);
}

double largest_of(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

template <class T>
void check(CudaBackend& backend, const Example& x) {
  const std::string& why = x.why;
  const Entries* holdout = x.holdout ? &*x.holdout : nullptr;
  const HostProblem host = prepare_on_host(x.train, x.options, holdout);
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  const double z = static_cast<double>(host.num_entries), raw = largest_of(x.train.values);
  const double mean_within = 4 * z * epsilon * raw;  // sums of z numbers, in another order, and again for each bias
  const double value_within = std::numeric_limits<T>::epsilon() * largest_of(host.by_row.values) + 8 * mean_within;

  const auto p = prepare<T>(backend, x.train, x.options, holdout);

  const Indices row_order = p.row_order.download(), col_order = p.col_order.download();
  EXPECT_EQ(row_order, by_count(host.by_row.row_ptr)) << why;
  EXPECT_EQ(col_order, by_count(host.by_col.row_ptr)) << why;
  expect_same_matrix(p.observations.by_row, permuted(host.by_row, row_order, col_order), x.options.rank, value_within,
                     why + ", by row");
  expect_same_matrix(p.observations.by_col, permuted(host.by_col, col_order, row_order), x.options.rank, value_within,
                     why + ", by column");

  EXPECT_EQ(p.num_rows, host.num_rows) << why;
  EXPECT_EQ(p.num_cols, host.num_cols) << why;
  EXPECT_EQ(p.num_entries, host.num_entries) << why;
  EXPECT_EQ(p.empty_rows, host.empty_rows) << why;
  EXPECT_EQ(p.empty_cols, host.empty_cols) << why;
  EXPECT_EQ(p.is_block, host.is_block) << why;
  EXPECT_EQ(p.weighting, host.weighting) << why;
  EXPECT_NEAR(p.value_rms, host.value_rms, mean_within) << why;
  const double lambda_per_rms = host.value_rms > 0 ? host.lambda / host.value_rms : 0;
  EXPECT_NEAR(p.lambda, host.lambda, mean_within * lambda_per_rms + 8 * epsilon * host.lambda) << why;
  EXPECT_NEAR(p.centering.mean, host.centering.mean, mean_within) << why;
  expect_near(p.centering.row_bias, host.centering.row_bias, 8 * mean_within, why.c_str());
  expect_near(p.centering.col_bias, host.centering.col_bias, 8 * mean_within, why.c_str());

  const auto weights = [&](const HostCsr& m, const Indices& order) {
    std::vector<double> by_index = detail::count_weights<double>(m.row_ptr, host.weighting), by_place;
    if (host.weighting == 0) return by_place;
    for (const std::int32_t i : order) by_place.push_back(by_index[at(i)]);
    return by_place;
  };
  const double weight_within = 2 * std::numeric_limits<T>::epsilon() * z;
  expect_near(p.row_weights.download(), weights(host.by_row, row_order), weight_within, why.c_str());
  expect_near(p.col_weights.download(), weights(host.by_col, col_order), weight_within, why.c_str());

  // what the formulation asked for
  EXPECT_EQ(p.formulation, resolve(x.options.formulation, host.is_block)) << why;
  EXPECT_EQ(!p.observations.row_idx.empty(), p.formulation == Formulation::scatter) << why;
  EXPECT_EQ(p.block.num_rows, p.block.empty() ? 0 : host.num_rows - host.empty_rows) << why;
  EXPECT_EQ(!p.block.empty(), p.formulation == Formulation::block || p.formulation == Formulation::dense) << why;
  const auto in_block = p.block.values.download();
  const HostCsr by_row = permuted(host.by_row, row_order, col_order);
  for (std::int64_t i = 0; i < p.block.num_rows; ++i)  // rows with entries come first
    for (auto e = static_cast<std::size_t>(by_row.row_ptr[static_cast<std::size_t>(i)]);
         e < static_cast<std::size_t>(by_row.row_ptr[static_cast<std::size_t>(i) + 1]); ++e)
      EXPECT_NEAR(in_block[static_cast<std::size_t>(i * p.block.num_cols + by_row.col_idx[e])], by_row.values[e],
                  value_within)
          << why;

  EXPECT_EQ(p.num_holdout, host.num_holdout) << why;
  if (holdout) {
    EXPECT_NEAR(p.unseen_squared_error, host.unseen_squared_error,
                8 * mean_within * static_cast<double>(host.num_holdout) * (1 + raw))
        << why;
    expect_same_matrix(p.holdout, permuted(host.holdout, row_order, col_order), x.options.rank,
                       value_within + std::numeric_limits<T>::epsilon() * largest_of(host.holdout.values),
                       why + ", held out");
  }
}

TEST_F(PrepareOnCuda, MakesTheHostsProblemInItsOwnOrder) {
  for (const Example& x : examples()) {
    check<float>(*backend, x);
    check<double>(*backend, x);
  }
}

TEST_F(PrepareOnCuda, TakesTheSameBitsEveryTime) {
  const Entries train = scattered(300, 200, 20, anything);
  const auto first = prepare<float>(*backend, train, with(Center::bias), nullptr);
  const auto second = prepare<float>(*backend, train, with(Center::bias), nullptr);
  EXPECT_EQ(first.centering.row_bias, second.centering.row_bias);
  EXPECT_EQ(first.centering.col_bias, second.centering.col_bias);
  EXPECT_EQ(first.value_rms, second.value_rms);
  EXPECT_EQ(first.observations.by_row.values.download(), second.observations.by_row.values.download());
}

/// What prepare() says of the entries, on the host and on the device.
std::pair<std::string, std::string> complaints(CudaBackend& backend, const Entries& train, const Options& options,
                                               const Entries* holdout = nullptr) {
  return {test::complaint_of<Error>([&] { prepare_on_host(train, options, holdout); }),
          test::complaint_of<Error>([&] { prepare<float>(backend, train, options, holdout); })};
}

TEST_F(PrepareOnCuda, RefusesWhatTheHostRefusesInTheSameWords) {
  struct {
    const char* why;
    std::function<void(Entries&)> spoil;
  } const faults[] = {
      {"row too large", [](Entries& e) { e.rows[40] = 19; }},
      {"row -1", [](Entries& e) { e.rows[3] = -1; }},
      {"column far too large", [](Entries& e) { e.cols[17] = 1 << 30; }},
      {"column very negative", [](Entries& e) { e.cols[17] = -(1 << 30); }},
      {"NaN", [](Entries& e) { e.values[5] = std::numeric_limits<double>::quiet_NaN(); }},
      {"infinity among floats", [](Entries& e) { e.values[5] = std::numeric_limits<double>::infinity(); }},
      {"the first of several", [](Entries& e) { e.values[60] = e.values[50] = -HUGE_VAL, e.rows[55] = 99; }},
      {"two faults in one entry", [](Entries& e) { e.values[50] = -HUGE_VAL, e.rows[50] = 99; }},
      {"a pair twice",
       [](Entries& e) { e.rows.push_back(e.rows[30]), e.cols.push_back(e.cols[30]), e.values.push_back(1); }},
      {"several pairs twice, in a row and elsewhere",
       [](Entries& e) {
         for (const std::size_t p : {70U, 20U, 44U, 45U})
           e.rows.push_back(e.rows[p]), e.cols.push_back(e.cols[p]), e.values.push_back(1);
       }},
      {"lengths", [](Entries& e) { e.cols.pop_back(); }},
      {"nothing", [](Entries& e) { e.rows = e.cols = {}, e.values = {}; }},
      {"shape", [](Entries& e) { e.num_rows = std::int64_t{1} << 31; }},
  };
  for (const auto& value : {half_stars, anything})
    for (const auto& fault : faults) {
      Entries e = scattered(19, 11, 60, value);
      ASSERT_GT(e.size(), 80);
      e.row_ids =
          Ids::texts({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s"});
      fault.spoil(e);
      const auto [host, device] = complaints(*backend, e, with(Center::bias));
      EXPECT_NE(host, "none") << fault.why;
      EXPECT_EQ(device, host) << fault.why;

      const Entries train = scattered(19, 11, 60, value);
      const auto [of_host, of_device] = complaints(*backend, train, with(Center::bias), &e);
      EXPECT_EQ(of_device, of_host) << fault.why << ", held out";
    }
  Options block = with(Center::mean);
  block.formulation = Formulation::block;
  const auto [host, device] = complaints(*backend, scattered(19, 11, 60, half_stars), block);
  EXPECT_NE(host, "none");
  EXPECT_EQ(device, host);
}

TEST_F(PrepareOnCuda, TakesEntriesInPiecesOfAnyLength) {
  const Entries e = scattered(61, 43, 40, half_stars);
  const KeyLayout layout(61, 43);
  std::vector<std::uint64_t> keys;
  std::vector<float> values;
  std::vector<unsigned long long> row_counts(61);
  for (std::size_t p = 0; p < e.values.size(); ++p) {
    keys.push_back(layout.key(e.rows[p], e.cols[p]));
    values.push_back(static_cast<float>(e.values[p]));
    ++row_counts[at(e.rows[p])];
  }
  for (const std::int64_t piece :
       {std::int64_t{1} << 20, e.size(), e.size() - 1, std::int64_t{100}, std::int64_t{37}}) {
    for (const std::int64_t pieces : {1, 3, 1000}) {
      const std::int64_t run = pieces * piece;
      const auto taken = take_as<float>(*backend, e, false, piece, run);
      ASSERT_TRUE(taken.has_value()) << piece;
      std::vector<std::size_t> order(keys.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(a / static_cast<std::size_t>(run), layout.col(keys[a])) <
               std::pair(b / static_cast<std::size_t>(run), layout.col(keys[b]));
      });
      const auto got_keys = taken->pairs.keys.download();
      const auto got_values = taken->pairs.values.download();
      ASSERT_EQ(got_keys.size(), keys.size());
      for (std::size_t p = 0; p < order.size(); ++p) {
        ASSERT_EQ(got_keys[p], keys[order[p]]) << p << " in runs of " << pieces << " pieces of " << piece;
        ASSERT_EQ(got_values[p], values[order[p]]) << p << " in runs of " << pieces << " pieces of " << piece;
      }
      EXPECT_EQ(taken->run_length, run);
      EXPECT_EQ(taken->row_counts.download(), row_counts) << piece;
    }
    const auto unsorted = take_as<float>(*backend, e, true, piece, piece);
    ASSERT_TRUE(unsorted.has_value()) << piece;
    EXPECT_EQ(unsorted->run_length, 0);
    EXPECT_EQ(unsorted->pairs.keys.download(), keys) << piece;
    EXPECT_EQ(unsorted->pairs.values.download(), values) << piece;
  }
}

TEST(RunEntries, AreWholePiecesAndFewRunsForManyColumns) {
  EXPECT_EQ(run_entries(4096, 10), 4096);
  EXPECT_EQ(run_entries(4096, 257), 8192);
  for (const std::int64_t cols : {1, 17770, 624961, 2147483647}) {
    const std::int64_t run = run_entries(1 << 20, cols);
    EXPECT_EQ(run % (1 << 20), 0) << cols;
    EXPECT_LE(cols * 16, run) << cols;
  }
}

Options unsolved(const char* device) {
  Options o = with(Center::bias);
  o.max_iterations = 0;
  o.device = parse_device(device);
  return o;
}

std::vector<float> values_of(const FactorMatrix& x) { return std::get<std::vector<float>>(x.values); }

TEST_F(PrepareOnCuda, AStartComesBackByIndex) {
  const Entries train = scattered(37, 23, 30, half_stars);
  const auto rows = detail::cast<float>(numbers(1, 37, 6)), cols = detail::cast<float>(numbers(2, 23, 6));
  const Start start{{37, 6, rows}, {23, 6, cols}};
  const Model model = solve(train, unsolved("cuda"), nullptr, &start).model;
  EXPECT_EQ(values_of(model.row_factors), rows);
  EXPECT_EQ(values_of(model.col_factors), cols);
}

TEST_F(PrepareOnCuda, BothBackendsStartFromTheSamePoint) {
  const Entries train = scattered(37, 23, 30, half_stars);
  const Result cpu = solve(train, unsolved("cpu")), cuda = solve(train, unsolved("cuda"));
  const auto expect_same = [](const FactorMatrix& got, const FactorMatrix& want) {
    const auto x = values_of(want);
    const std::vector<double> wanted(x.begin(), x.end());
    expect_near(values_of(got), wanted, 4 * std::numeric_limits<float>::epsilon() * largest_of(wanted), "the start");
  };
  expect_same(cuda.model.row_factors, cpu.model.row_factors);
  expect_same(cuda.model.col_factors, cpu.model.col_factors);
  // sums of at most all entries, none above 5, in another order
  expect_near(cuda.model.row_bias, cpu.model.row_bias,
              32 * 5 * static_cast<double>(train.size()) * std::numeric_limits<double>::epsilon(), "the biases");
  // a sum of squares of about as many terms as there are numbers
  EXPECT_NEAR(cuda.summary.objective, cpu.summary.objective,
              64 * std::numeric_limits<float>::epsilon() * cpu.summary.objective);
}

TEST_F(PrepareOnCuda, KeepsValuesThatFloatCannotHold) {
  Entries e = scattered(61, 43, 40, half_stars);
  ASSERT_TRUE(take_as<float>(*backend, e, false, 500, 500).has_value());
  e.values[1001] = 0.1;
  EXPECT_FALSE(take_as<float>(*backend, e, false, 500, 500).has_value());
  const auto taken = take_as<double>(*backend, e, true, 500, 500);
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->pairs.values.download(), e.values);
}

}  // namespace
}  // namespace rankfill::testing
