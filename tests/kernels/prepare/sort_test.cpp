// SPDX-License-Identifier: Apache-2.0
#include "kernels/prepare/sort.hpp"

#include <algorithm>
#include <numeric>

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

class PrepareSortOnCuda : public KernelTest<CudaBackend> {
 protected:
  /// Sorts `size` keys of 62 bits by some of their bits; the value of a pair is its number before.
  template <class V>
  void check(std::size_t size, int first_bit, int last_bit) {
    std::vector<std::uint64_t> keys;
    for (std::size_t p = 0; p < size; ++p) {
      const auto words = philox({static_cast<std::uint32_t>(p), 3, 0, 0}, {1, 0});
      keys.push_back((std::uint64_t{words[0]} << 32 | words[1] % 64) >> 2);  // the low half repeats itself
    }
    std::vector<V> values(size);
    std::iota(values.begin(), values.end(), V(0));
    SortedPairs<V, CudaBackend> pairs(*backend, static_cast<std::int64_t>(size), "pairs");
    pairs.keys.upload(keys);
    pairs.values.upload(values);

    sort_by_bits(*backend, pairs, first_bit, last_bit);

    const std::uint64_t mask = (std::uint64_t{1} << last_bit) - (std::uint64_t{1} << first_bit);
    std::vector<std::size_t> order(size);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return (keys[a] & mask) < (keys[b] & mask); });
    const auto got_keys = pairs.keys.download();
    const auto got_values = pairs.values.download();
    for (std::size_t p = 0; p < size; ++p) {
      ASSERT_EQ(got_keys[p], keys[order[p]]) << p << " of " << size << ", bits " << first_bit << ".." << last_bit;
      ASSERT_EQ(got_values[p], values[order[p]]) << p << " of " << size << ", bits " << first_bit << ".." << last_bit;
    }
  }
};

TEST_F(PrepareSortOnCuda, IsStableOverTheBitsGiven) {
  for (const auto& [first, last] : {std::pair{0, 62}, {0, 8}, {0, 9}, {3, 5}, {30, 62}, {20, 37}, {4, 4}})
    for (const std::size_t size : {0U, 1U, 2U, 1000U, 40000U}) {
      check<float>(size, first, last);
      check<double>(size, first, last);
      check<std::int32_t>(size, first, last);
    }
}

TEST_F(PrepareSortOnCuda, RunsAreSortedWhereTheyLie) {
  constexpr std::size_t size = 3000;
  std::vector<std::uint64_t> keys;
  for (std::size_t p = 0; p < size; ++p) keys.push_back(philox({static_cast<std::uint32_t>(p), 4}, {})[0]);
  std::vector<double> values(size);
  std::iota(values.begin(), values.end(), 0.0);
  for (const auto& [first_bit, last_bit] : {std::pair{0, 7}, {0, 13}, {9, 32}}) {  // one pass, two, three
    SortedPairs<double, CudaBackend> pairs(*backend, size, "pairs");
    pairs.keys.upload(keys);
    pairs.values.upload(values);
    Buffer<std::byte, CudaBackend> scratch;
    const std::vector<std::size_t> bounds = {0, 1500, 1501, 2900, size};
    for (std::size_t r = 1; r < bounds.size(); ++r)
      sort_run(*backend, pairs, static_cast<std::int64_t>(bounds[r - 1]),
               static_cast<std::int64_t>(bounds[r] - bounds[r - 1]), first_bit, last_bit, scratch);

    std::vector<std::size_t> order(size);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::uint64_t mask = (std::uint64_t{1} << last_bit) - (std::uint64_t{1} << first_bit);
    for (std::size_t r = 1; r < bounds.size(); ++r)
      std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(bounds[r - 1]),
                       order.begin() + static_cast<std::ptrdiff_t>(bounds[r]),
                       [&](std::size_t a, std::size_t b) { return (keys[a] & mask) < (keys[b] & mask); });
    const auto got_keys = pairs.keys.download();
    const auto got_values = pairs.values.download();
    for (std::size_t p = 0; p < size; ++p) {
      ASSERT_EQ(got_keys[p], keys[order[p]]) << p << ", bits " << first_bit << ".." << last_bit;
      ASSERT_EQ(got_values[p], values[order[p]]) << p << ", bits " << first_bit << ".." << last_bit;
    }
  }
}

TEST_F(PrepareSortOnCuda, SumsUpWhatComesBefore) {
  for (const std::int64_t size : {0, 1, 5, 40000}) {
    std::vector<std::int64_t> x, sums;
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < size; ++i) {
      x.push_back(i % 7 + (i == 3 ? std::int64_t{1} << 40 : 0));
      sums.push_back(sum);
      sum += x.back();
    }
    Buffer<std::int64_t, CudaBackend> buffer(*backend, x, "numbers");
    sum_up(*backend, buffer);
    EXPECT_EQ(buffer.download(), sums) << size;
  }
}

TEST_F(PrepareSortOnCuda, ByColumnAfterByRowIsTheTranspose) {
  SortedPairs<std::int32_t, CudaBackend> pairs(*backend, 6, "pairs");
  pairs.keys.upload({0x21, 0x12, 0x11, 0x02, 0x22, 0x01});
  pairs.values.upload({1, 2, 3, 4, 5, 6});
  sort_by_bits(*backend, pairs, 0, 8);
  EXPECT_EQ(pairs.keys.download(), (std::vector<std::uint64_t>{0x01, 0x02, 0x11, 0x12, 0x21, 0x22}));
  sort_by_bits(*backend, pairs, 0, 4);
  EXPECT_EQ(pairs.keys.download(), (std::vector<std::uint64_t>{0x01, 0x11, 0x21, 0x02, 0x12, 0x22}));
  EXPECT_EQ(pairs.values.download(), (std::vector<std::int32_t>{6, 3, 1, 4, 2, 5}));
}

}  // namespace
}  // namespace rankfill::testing
