// SPDX-License-Identifier: Apache-2.0
#include "rankfill/device_entries.hpp"

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <cstring>

#include "backend/cuda.hpp"
#include "control.hpp"
#include "problem/prepare.hpp"
#include "rankfill/error.hpp"
#include "rankfill/memory_plan.hpp"
#include "rankfill/rankfill.h"
#include "rankfill/solve.hpp"
#include "testing.hpp"

namespace rankfill {
namespace {

/// Every cell of rows x cols, in half stars.
struct Full {
  Full(std::int32_t rows, std::int32_t cols) {
    entries.num_rows = rows;
    entries.num_cols = cols;
    for (std::int32_t i = 0; i < rows; ++i)
      for (std::int32_t j = 0; j < cols; ++j) {
        entries.rows.push_back(i);
        entries.cols.push_back(j);
        entries.values.push_back(0.5 * (i * j % 9));
      }
  }
  Entries entries;
};

DeviceEntries view_of(const Entries& e, const std::int32_t* rows, const std::int32_t* cols, const double* values) {
  DeviceEntries view;
  view.num_rows = e.num_rows;
  view.num_cols = e.num_cols;
  view.num_entries = e.size();
  view.rows = rows;
  view.cols = cols;
  view.values = values;
  return view;
}

TEST(DeviceEntries, NoEntryComesToTheHostAndNoneIsCopiedBesideTheSortedOnes) {
  const simt::Scope scope;
  const Entries e = Full(1500, 100).entries;
  const simt::DeviceArray<std::int32_t> rows(e.rows), cols(e.cols);
  const simt::DeviceArray<double> values(e.values);
  const std::int64_t before = simt::num_bytes_to_host();
  std::uint64_t from_host = 0, from_device = 0;
  {
    CudaBackend backend(0);
    Options options;
    options.rank = 8;
    options.formulation = Formulation::entries;
    prepare<float>(backend, view_of(e, rows.data(), cols.data(), values.data()), options, {});
    from_device = backend.peak_bytes();
  }
  // what does come: row offsets and orders of 1600 rows and columns, and samples of about 1024 and 4096 entries
  EXPECT_LT(simt::num_bytes_to_host() - before, 1600 * 64 + 2 * 24 * (1024 + 4096));
  EXPECT_LT(simt::num_bytes_to_host() - before, 3 * e.size()) << "the bound says something: an entry has 16 bytes";
  {
    CudaBackend backend(0);
    Options options;
    options.rank = 8;
    options.formulation = Formulation::entries;
    prepare<float>(backend, e, options, nullptr);
    from_host = backend.peak_bytes();
  }
  EXPECT_LE(from_device, from_host);
}

TEST(DeviceEntries, AreReadWhenTheirStreamHasWrittenThem) {
  const simt::Scope scope;
  const Entries e = Full(20, 15).entries;
  const simt::DeviceArray<std::int32_t> rows(e.rows), cols(e.cols);
  const simt::DeviceArray<double> values(e.values.size());
  void* pinned = nullptr;
  ASSERT_EQ(cudaMallocHost(&pinned, e.values.size() * sizeof(double)), cudaSuccess);
  std::memcpy(pinned, e.values.data(), e.values.size() * sizeof(double));
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  Options options;
  options.rank = 2;
  options.max_iterations = 2;
  const std::uint64_t right = plan_device_memory(e, options).preparing_bytes;
  DeviceEntries view = view_of(e, rows.data(), cols.data(), values.data());
  const auto planned = [&] {
    // until something waits for it, what this copies is NaN, of which no float is equal to itself
    EXPECT_EQ(cudaMemsetAsync(values.data(), 0xFF, e.values.size() * sizeof(double), stream), cudaSuccess);
    EXPECT_EQ(cudaMemcpyAsync(values.data(), pinned, e.values.size() * sizeof(double), cudaMemcpyHostToDevice, stream),
              cudaSuccess);
    return solve(view, options).summary.memory_plan->preparing_bytes;
  };
  EXPECT_GT(planned(), right) << "a stream that nobody was told of is not waited for";
  view.stream = stream;
  EXPECT_EQ(planned(), right);
  ASSERT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  ASSERT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

TEST(DeviceEntries, AreFittedWhereTheyLieAndNotElsewhere) {
  const simt::Scope scope;
  simt::set_device_count(2);
  const Entries e = Full(20, 15).entries;
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  const simt::DeviceArray<std::int32_t> rows(e.rows), cols(e.cols);
  const simt::DeviceArray<double> values(e.values);
  ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
  const simt::DeviceArray<double> elsewhere(e.values);
  Options options;
  options.rank = 2;
  options.max_iterations = 2;

  DeviceEntries view = view_of(e, rows.data(), cols.data(), values.data());
  EXPECT_EQ(solve(view, options).summary.device_used.substr(0, 6), "cuda:1");
  options.device = parse_device("cuda:0");
  EXPECT_THROW(solve(view, options), InvalidOption);
  options.device = {};
  view.values = static_cast<const double*>(elsewhere.data());
  try {
    solve(view, options);
    ADD_FAILURE() << "arrays on two devices";
  } catch (const InvalidData& error) {
    EXPECT_STREQ(error.what(), "the array of values is on cuda:0, that of rows on cuda:1: one device is needed");
  }
  const simt::DeviceArray<std::int32_t> other_rows(e.rows), other_cols(e.cols);
  const DeviceEntries holdout = view_of(e, other_rows.data(), other_cols.data(), elsewhere.data());
  view.values = static_cast<const double*>(values.data());
  EXPECT_THROW(solve(view, options, &holdout), InvalidData);
}

TEST(DeviceEntries, ThatAreUnseenAreCountedAndTheirErrorSummed) {
  const simt::Scope scope;
  CudaBackend backend(0);
  Entries train = Full(20, 15).entries, holdout = train;
  holdout.rows = {-1, 3, -1, 4}, holdout.cols = {2, -1, -1, 5}, holdout.values = {1, 2, 3, 4};
  Options options;
  options.center = Center::bias;
  const simt::DeviceArray<std::int32_t> rows(train.rows), cols(train.cols), held_rows(holdout.rows),
      held_cols(holdout.cols);
  const simt::DeviceArray<double> values(train.values), held_values(holdout.values);
  const DeviceEntries held = view_of(holdout, held_rows.data(), held_cols.data(), held_values.data());
  const auto p = prepare<double>(backend, view_of(train, rows.data(), cols.data(), values.data()), options, &held);
  const double errors[] = {1 - p.centering.at(-1, 2), 2 - p.centering.at(3, -1), 3 - p.centering.at(-1, -1)};
  double want = 0;
  for (const double error : errors) want += error * error;
  EXPECT_NEAR(p.unseen_squared_error, want, 8 * std::numeric_limits<double>::epsilon() * want);
  EXPECT_EQ(p.num_holdout, 4);
  EXPECT_EQ(p.holdout.num_entries, 1);
}

TEST(DeviceEntries, OfTheCInterfaceAreFittedToTheSameBits) {
  const simt::Scope scope;
  const Entries e = Full(20, 15).entries;
  const std::vector<std::int64_t> rows(e.rows.begin(), e.rows.end()), cols(e.cols.begin(), e.cols.end());
  const std::vector<float> values(e.values.begin(), e.values.end());
  rankfill_options* options = nullptr;
  rankfill_entries* on_host = nullptr;
  rankfill_model *want = nullptr, *got = nullptr;
  EXPECT_EQ(rankfill_options_new(&options, nullptr), RANKFILL_OK);
  EXPECT_EQ(rankfill_options_set_text(options, "device", "cuda", nullptr), RANKFILL_OK);
  EXPECT_EQ(rankfill_options_set_integer(options, "rank", 2, nullptr), RANKFILL_OK);
  EXPECT_EQ(rankfill_options_set_integer(options, "max_iterations", 2, nullptr), RANKFILL_OK);
  EXPECT_EQ(
      rankfill_entries_from_indices_f32(20, 15, e.size(), rows.data(), cols.data(), values.data(), &on_host, nullptr),
      RANKFILL_OK);
  ASSERT_EQ(rankfill_fit(on_host, options, on_host, nullptr, &want, nullptr, nullptr), RANKFILL_OK);
  {
    const simt::DeviceArray<std::int64_t> r(rows), c(cols);
    const simt::DeviceArray<float> v(values);
    const rankfill_device_entries train{sizeof train, 20, 15, e.size(), r.data(), c.data(), v.data(), 8, 4, nullptr};
    ASSERT_EQ(rankfill_fit_device(&train, options, on_host, nullptr, &got, nullptr, nullptr), RANKFILL_OK);
  }
  float a[20 * 2], b[20 * 2];
  EXPECT_EQ(rankfill_model_copy_factors_f32(want, RANKFILL_ROWS, a, 40, nullptr), RANKFILL_OK);
  EXPECT_EQ(rankfill_model_copy_factors_f32(got, RANKFILL_ROWS, b, 40, nullptr), RANKFILL_OK);
  EXPECT_EQ(std::memcmp(a, b, sizeof a), 0);
  rankfill_model_free(want);
  rankfill_model_free(got);
  rankfill_entries_free(on_host);
  rankfill_options_free(options);
}

}  // namespace
}  // namespace rankfill
