// SPDX-License-Identifier: Apache-2.0
#include "rankfill/device_entries.hpp"

#include <algorithm>
#include <string>

#include "problem/prepare.hpp"
#include "rankfill/error.hpp"
#include "rankfill/solve.hpp"
#include "tests/problem/prepare_examples.hpp"
#include "tests/support/complaint.hpp"
#include "tests/support/kernel_case.hpp"

// Entries that are on the device already, held against the same entries from the host.

namespace rankfill::testing {
namespace {

/// Arrays on the device, and the view of them.
template <class Index, class Value>
struct OnDevice {
  OnDevice(CudaBackend& backend, const Entries& e)
      : rows(backend, std::vector<Index>(e.rows.begin(), e.rows.end()), "rows"),
        cols(backend, std::vector<Index>(e.cols.begin(), e.cols.end()), "columns"),
        values(backend, std::vector<Value>(e.values.begin(), e.values.end()), "values") {
    view.num_rows = e.num_rows;
    view.num_cols = e.num_cols;
    view.num_entries = e.size();
    view.rows = static_cast<const Index*>(rows.data());
    view.cols = static_cast<const Index*>(cols.data());
    view.values = static_cast<const Value*>(values.data());
    view.stream = backend.stream();
  }
  Buffer<Index, CudaBackend> rows, cols;
  Buffer<Value, CudaBackend> values;
  DeviceEntries view;
};

template <class T>
void expect_same_bits(const Csr<T, CudaBackend>& a, const Csr<T, CudaBackend>& b, const std::string& why) {
  EXPECT_EQ(a.num_entries, b.num_entries) << why;
  EXPECT_EQ(a.row_ptr.download(), b.row_ptr.download()) << why;
  EXPECT_EQ(a.col_idx.download(), b.col_idx.download()) << why;
  EXPECT_EQ(a.narrow_col_idx.download(), b.narrow_col_idx.download()) << why;
  EXPECT_EQ(a.values.download(), b.values.download()) << why;
  EXPECT_EQ(a.codes8.download(), b.codes8.download()) << why;
  EXPECT_EQ(a.codes16.download(), b.codes16.download()) << why;
  EXPECT_EQ(a.code_offset, b.code_offset) << why;
  EXPECT_EQ(a.code_step, b.code_step) << why;
}

template <class T>
void expect_same_bits(const Problem<T, CudaBackend>& a, const Problem<T, CudaBackend>& b, const std::string& why) {
  expect_same_bits(a.observations.by_row, b.observations.by_row, why + ", by row");
  expect_same_bits(a.observations.by_col, b.observations.by_col, why + ", by column");
  expect_same_bits(a.holdout, b.holdout, why + ", held out");
  EXPECT_EQ(a.row_order.download(), b.row_order.download()) << why;
  EXPECT_EQ(a.col_order.download(), b.col_order.download()) << why;
  EXPECT_EQ(a.row_weights.download(), b.row_weights.download()) << why;
  EXPECT_EQ(a.centering.mean, b.centering.mean) << why;
  EXPECT_EQ(a.centering.row_bias, b.centering.row_bias) << why;
  EXPECT_EQ(a.centering.col_bias, b.centering.col_bias) << why;
  EXPECT_EQ(a.value_rms, b.value_rms) << why;
  EXPECT_EQ(a.lambda, b.lambda) << why;
  EXPECT_EQ(a.is_block, b.is_block) << why;
  EXPECT_EQ(a.num_holdout, b.num_holdout) << why;
}

class DeviceEntriesOnCuda : public KernelTest<CudaBackend> {
 protected:
  /// From the host, from the device, and from the device with held-out data on the host.
  template <class T, class Index, class Value>
  void check(const Example& x) {
    const Entries* holdout = x.holdout ? &*x.holdout : nullptr;
    const auto want = prepare<T>(*backend, x.train, x.options, holdout);
    const OnDevice<Index, Value> train(*backend, x.train);
    const HeldOut on_host = holdout ? HeldOut(holdout) : HeldOut();
    const auto mixed = prepare<T>(*backend, train.view, x.options, on_host);
    expect_same_bits(mixed, want, x.why);
    EXPECT_EQ(mixed.unseen_squared_error, want.unseen_squared_error) << x.why;
    if (!holdout) return;

    const OnDevice<Index, Value> held(*backend, *holdout);
    const auto got = prepare<T>(*backend, train.view, x.options, HeldOut(&held.view));
    expect_same_bits(got, want, x.why);
    // the same squares, added in another order
    EXPECT_NEAR(
        got.unseen_squared_error, want.unseen_squared_error,
        static_cast<double>(holdout->size()) * std::numeric_limits<double>::epsilon() * want.unseen_squared_error)
        << x.why;
  }

  std::string refusal(const DeviceEntries& train, const Options& options, const HeldOut& holdout = {}) {
    return test::complaint_of<Error>([&] { solve(train, options, holdout); });
  }
};

bool all_floats(const Entries& e) {
  return std::all_of(e.values.begin(), e.values.end(), [](double v) { return double{static_cast<float>(v)} == v; });
}

TEST_F(DeviceEntriesOnCuda, MakeTheSameBitsAsFromTheHost) {
  for (const Example& x : examples()) {
    check<float, std::int32_t, double>(x);
    check<double, std::int64_t, double>(x);
    if (all_floats(x.train) && (!x.holdout || all_floats(*x.holdout))) check<float, std::int64_t, float>(x);
  }
}

TEST_F(DeviceEntriesOnCuda, AreFittedToTheSameBits) {
  const Entries train = scattered(61, 43, 40, half_stars), holdout = scattered(61, 43, 7, anything);
  const OnDevice<std::int32_t, float> view(*backend, train);
  const OnDevice<std::int64_t, double> held(*backend, holdout);
  Options options = with(Center::bias, 1);
  options.device = parse_device("cuda");
  options.regularization = 0.1;
  options.max_iterations = 8;
  for (const bool grows : {false, true}) {
    options.grow_rank = grows;
    options.rank = grows ? 1 : 6;
    const Result host = solve(train, options, &holdout), device = solve(view.view, options, &held.view);
    EXPECT_EQ(device.model.rank(), host.model.rank());
    EXPECT_EQ(device.model.row_factors.values, host.model.row_factors.values);
    EXPECT_EQ(device.model.col_factors.values, host.model.col_factors.values);
    EXPECT_EQ(device.model.row_bias, host.model.row_bias);
    EXPECT_EQ(device.summary.objective, host.summary.objective);
    EXPECT_EQ(device.summary.holdout_rmse, host.summary.holdout_rmse);
    EXPECT_EQ(device.summary.num_entries, train.size());
    EXPECT_GT(device.summary.memory_plan->bytes(), 0U);
    EXPECT_EQ(device.model.row_ids.size(), 61);
    EXPECT_EQ(device.model.col_ids.size(), 43);
  }
}

TEST_F(DeviceEntriesOnCuda, AreRefusedInTheSameWords) {
  struct {
    const char* why;
    std::function<void(Entries&)> spoil;
  } const faults[] = {
      {"row too large", [](Entries& e) { e.rows[40] = 19; }},
      {"column -1", [](Entries& e) { e.cols[3] = -1; }},
      {"NaN", [](Entries& e) { e.values[5] = std::numeric_limits<double>::quiet_NaN(); }},
      {"the first of several", [](Entries& e) { e.values[60] = e.values[50] = -HUGE_VAL, e.rows[55] = 99; }},
      {"a pair twice",
       [](Entries& e) { e.rows.push_back(e.rows[30]), e.cols.push_back(e.cols[30]), e.values.push_back(1); }},
      {"nothing", [](Entries& e) { e.rows = e.cols = {}, e.values = {}; }},
      {"shape", [](Entries& e) { e.num_rows = std::int64_t{1} << 31; }},
  };
  for (const auto& fault : faults) {
    Entries e = scattered(19, 11, 60, half_stars);
    fault.spoil(e);
    const OnDevice<std::int32_t, double> narrow(*backend, e);
    const OnDevice<std::int64_t, float> wide(*backend, e);
    const std::string host = test::complaint_of<Error>([&] { prepare_on_host(e, with(Center::bias), nullptr); });
    EXPECT_NE(host, "none") << fault.why;
    for (const DeviceEntries& view : {narrow.view, wide.view})
      EXPECT_EQ(test::complaint_of<Error>([&] { prepare<float>(*backend, view, with(Center::bias), {}); }), host)
          << fault.why;

    const Entries train = scattered(19, 11, 60, half_stars);
    const OnDevice<std::int32_t, double> good(*backend, train);
    EXPECT_EQ(test::complaint_of<Error>([&] { prepare<float>(*backend, good.view, with(Center::bias), &narrow.view); }),
              test::complaint_of<Error>([&] { prepare_on_host(train, with(Center::bias), &e); }))
        << fault.why << ", held out";
  }
}

TEST_F(DeviceEntriesOnCuda, IndicesBeyond32BitsAreOutsideAndNamedInFull) {
  OnDevice<std::int64_t, double> e(*backend, scattered(19, 11, 60, half_stars));
  auto rows = e.rows.download();
  rows[17] = (std::int64_t{1} << 32) + 3;  // 3, if its upper half were lost
  e.rows.upload(rows);
  EXPECT_NE(refusal(e.view, {}).find("entry 17 is at (4294967299, "), std::string::npos) << refusal(e.view, {});
}

TEST_F(DeviceEntriesOnCuda, AreRefusedWhereTheyCannotBeUsed) {
  const Entries train = scattered(19, 11, 60, half_stars);
  const OnDevice<std::int32_t, double> good(*backend, train);
  Options options;
  options.device = parse_device("cpu");
  EXPECT_EQ(refusal(good.view, options),
            "device = cpu: the entries are on a CUDA device: bring them to the host before");
  options.device = parse_device("cuda:7");
  EXPECT_EQ(refusal(good.view, options), "device = cuda:7: the entries are on cuda:0");
  options = {};
  options.recover.emplace();
  EXPECT_EQ(refusal(good.view, options), "recover = given: splits the entries on the host: bring them there before");
  options = {};
  options.rank = 0;
  EXPECT_NE(refusal(good.view, options).find("rank = 0"), std::string::npos);

  DeviceEntries e = good.view;
  e.values = train.values.data();
  EXPECT_EQ(refusal(e, {}), "the array of values is not in the memory of a CUDA device");
  e = good.view;
  e.cols = static_cast<const std::int32_t*>(nullptr);
  EXPECT_EQ(refusal(e, {}), "the array of columns is not in the memory of a CUDA device");
  EXPECT_EQ(refusal(good.view, {}, &e), refusal(e, {})) << "held out";
  e.num_entries = -1;
  EXPECT_EQ(refusal(e, {}), "-1 entries: must be >= 0");
}

}  // namespace
}  // namespace rankfill::testing
