// SPDX-License-Identifier: Apache-2.0
#include "kernels/prepare/runs.hpp"

#include <algorithm>
#include <numeric>

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

class MergeRunsOnCuda : public KernelTest<CudaBackend> {
 protected:
  /// Indices in a scattered order, and its inverse.
  struct Places {
    Places(CudaBackend& backend, std::int64_t size, std::uint32_t seed) {
      std::vector<std::int32_t> indices(static_cast<std::size_t>(size)), places(indices.size());
      std::iota(indices.begin(), indices.end(), 0);
      std::stable_sort(indices.begin(), indices.end(), [&](std::int32_t a, std::int32_t b) {
        return philox({static_cast<std::uint32_t>(a), seed}, {})[0] <
               philox({static_cast<std::uint32_t>(b), seed}, {})[0];
      });
      for (std::size_t r = 0; r < indices.size(); ++r)
        places[static_cast<std::size_t>(indices[r])] = static_cast<std::int32_t>(r);
      order = {backend, indices, "an order"};
      place = {backend, places, "an order"};
    }
    Buffer<std::int32_t, CudaBackend> order, place;
  };

  /// Merged runs are what sorting the whole gives, to the order of equal columns; the value of a pair is its number.
  template <class S>
  void check(std::int64_t rows, std::int64_t cols, std::size_t size, std::int64_t run_length) {
    const KeyLayout layout(rows, cols);
    const Places row(*backend, rows, 1), col(*backend, cols, 2);
    std::vector<std::uint64_t> keys;
    for (std::size_t p = 0; p < size; ++p) {
      const auto words = philox({static_cast<std::uint32_t>(p), 3}, {});
      const auto c = static_cast<std::int64_t>(words[1] % 2 == 0 ? words[2] % 3 : words[2]) % cols;  // some are popular
      keys.push_back(layout.key(static_cast<std::int32_t>(words[0] % rows), static_cast<std::int32_t>(c)));
    }
    std::vector<S> values(size);
    std::iota(values.begin(), values.end(), S(0));
    const auto upload = [&] {
      SortedPairs<S, CudaBackend> pairs(*backend, static_cast<std::int64_t>(size), "pairs");
      pairs.keys.upload(keys);
      pairs.values.upload(values);
      return pairs;
    };
    auto want = upload(), got = upload();
    relabel(*backend, layout, row.place, col.place, want.keys);
    sort_by_bits(*backend, want, 0, layout.col_bits);

    Buffer<std::byte, CudaBackend> scratch;
    for (std::int64_t first = 0; first < got.keys.size(); first += run_length)
      sort_run(*backend, got, first, std::min(run_length, got.keys.size() - first), 0, layout.col_bits, scratch);
    merge_runs(*backend, layout, run_length, row.place, col.place, col.order, got);

    EXPECT_EQ(got.keys.download(), want.keys.download())
        << rows << " x " << cols << ", " << size << " by " << run_length;
    EXPECT_EQ(got.values.download(), want.values.download())
        << rows << " x " << cols << ", " << size << " by " << run_length;
  }
};

TEST_F(MergeRunsOnCuda, IsTheSortOfTheWhole) {
  for (const std::int64_t run_length : {1, 7, 100, 999, 1000, 1001, 5000}) {
    check<float>(61, 43, 1000, run_length);
    check<double>(5, 700, 1000, run_length);  // columns without an entry, in a run or at all
  }
}

TEST_F(MergeRunsOnCuda, OfOneColumnOneRowOneEntryOrNone) {
  for (const std::int64_t run_length : {1, 3, 64}) {
    check<float>(50, 1, 64, run_length);
    check<float>(1, 50, 64, run_length);
    check<double>(1, 1, 1, run_length);
    check<float>(9, 9, 0, run_length);
  }
}

TEST_F(MergeRunsOnCuda, TakesColumnsBeyond16Bits) { check<float>(100, 70001, 3000, 1024); }

}  // namespace
}  // namespace rankfill::testing
