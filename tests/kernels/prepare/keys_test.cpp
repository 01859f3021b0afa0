// SPDX-License-Identifier: Apache-2.0
#include "kernels/prepare/keys.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "kernels/prepare/sort.hpp"
#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

using Indices = std::vector<std::int32_t>;
using Counts = std::vector<unsigned long long>;

class PrepareKeysOnCuda : public KernelTest<CudaBackend> {
 protected:
  template <class T>
  Buffer<T, CudaBackend> on_device(const std::vector<T>& values) {
    return {*backend, values, "values"};
  }

  struct Taken {
    std::vector<std::uint64_t> keys;
    std::vector<float> values;
    Counts row_counts, col_counts, found;
  };
  template <class Row = std::int32_t, class Value = double>
  Taken take(const KeyLayout& layout, const std::vector<Row>& rows, const Indices& cols,
             const std::vector<Value>& values, bool unseen_allowed, std::int64_t first = 0) {
    const auto r = on_device(rows), c = on_device(cols);
    const auto v = on_device(values);
    const auto size = static_cast<std::int64_t>(values.size());
    Buffer<std::uint64_t, CudaBackend> keys(*backend, first + size, "keys");
    Buffer<float, CudaBackend> stored(*backend, first + size, "values");
    Census<CudaBackend> census(*backend, layout, true);
    const EntryPiece piece{static_cast<const Row*>(r.data()), static_cast<const std::int32_t*>(c.data()),
                           static_cast<const Value*>(v.data()), first, size};
    take_entries(*backend, piece, layout, unseen_allowed, keys, stored, census);
    return {keys.download(), stored.download(), census.row_counts.download(), census.col_counts.download(),
            census.found.download()};
  }
};

TEST(KeyLayout, TakesAsFewBitsAsTheShapeNeeds) {
  EXPECT_EQ(KeyLayout(1, 1).bits(), 0);
  EXPECT_EQ(KeyLayout(2, 1).bits(), 1);
  EXPECT_EQ(KeyLayout(4, 5).row_bits, 2);
  EXPECT_EQ(KeyLayout(4, 5).col_bits, 3);
  constexpr std::int64_t most = 2147483647;
  const KeyLayout largest(most, most);
  EXPECT_EQ(largest.bits(), 62);
  const auto last = static_cast<std::int32_t>(most - 1);
  EXPECT_EQ(largest.row(largest.key(last, 5)), last);
  EXPECT_EQ(largest.col(largest.key(5, last)), last);
  EXPECT_LT(largest.key(last, last), largest.left_out());
}

TEST_F(PrepareKeysOnCuda, AFileSortedByRowIsCountedAsAnyOther) {
  // 100 entries of row 2, then 3 of row 0, then 70 of row 1: warps of one row, of two, and one that is not full
  Indices rows(100, 2), cols;
  rows.resize(103, 0);
  rows.resize(173, 1);
  for (std::size_t p = 0; p < rows.size(); ++p) cols.push_back(static_cast<std::int32_t>(p) % 7);
  const Taken taken = take({3, 7}, rows, cols, std::vector<double>(rows.size(), 0.5), false);
  EXPECT_EQ(taken.row_counts, (Counts{3, 70, 100}));
  EXPECT_EQ(taken.col_counts, (Counts{25, 25, 25, 25, 25, 24, 24}));
  EXPECT_EQ(taken.found, (Counts{~0ULL, 0}));
}

TEST_F(PrepareKeysOnCuda, FindsTheFirstWrongEntryAndValuesThatAreNoFloat) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const KeyLayout layout(3, 2);
  EXPECT_EQ(take(layout, {0, 1, 3, 2, 2}, {0, 1, 0, 1, 2}, {1, 2, 3, 4, 5}, false).found, (Counts{2, 0}));
  EXPECT_EQ(take(layout, {0, 1, 2, 2, 2}, {0, 1, 0, 1, 1}, {1, 2, 3, 4, nan}, false).found, (Counts{4, 0}));
  EXPECT_EQ(take(layout, {0, 1}, {0, 1}, {1, 0.1}, false).found, (Counts{~0ULL, 1}));
  EXPECT_EQ(take(layout, {0, 1}, {0, 1}, {1, 1e300}, false).found, (Counts{~0ULL, 1})) << "too large, but finite";
  EXPECT_EQ(take(layout, {0, -1}, {0, 1}, {1, 2}, false, 7).found, (Counts{8, 0})) << "numbered among all";
}

TEST_F(PrepareKeysOnCuda, TakesWideIndicesAndNarrowValues) {
  const KeyLayout layout(3, 2);
  const std::int64_t far = std::int64_t{1} << 32;  // its lower half is 0, a row that there is
  const Taken good = take<std::int64_t, float>(layout, {2, 0, 1}, {1, 0, 1}, {0.1F, 2, 3}, false);
  EXPECT_EQ(good.keys, (std::vector<std::uint64_t>{layout.key(2, 1), layout.key(0, 0), layout.key(1, 1)}));
  EXPECT_EQ(good.values, (std::vector<float>{0.1F, 2, 3}));
  EXPECT_EQ(good.found, (Counts{~0ULL, 0}));
  EXPECT_EQ((take<std::int64_t, float>(layout, {2, far, 1}, {1, 0, 1}, {1, 2, 3}, false).found), (Counts{1, 0}));
  EXPECT_EQ((take<std::int64_t, float>(layout, {2, -far, 1}, {1, 0, 1}, {1, 2, 3}, true).found), (Counts{1, 0}));
  EXPECT_EQ((take<std::int64_t, double>(layout, {2, 0, 1}, {1, 0, 1}, {0.1, 2, 3}, false).found), (Counts{~0ULL, 1}));
}

TEST_F(PrepareKeysOnCuda, ReadsEntriesAsTheyWereGiven) {
  const std::int64_t far = std::int64_t{1} << 40;
  const Buffer<std::int64_t, CudaBackend> rows(*backend, std::vector<std::int64_t>{7, -1, far, 3, 4}, "rows");
  const Buffer<std::int32_t, CudaBackend> cols(*backend, std::vector<std::int32_t>{0, 1, 2, 3, -4}, "columns");
  const Buffer<float, CudaBackend> values(*backend, std::vector<float>{1, 0.1F, 3, 4, 5}, "values");
  const EntryPiece piece{rows.data(), cols.data(), values.data(), 0, 5};
  const auto read = [&](std::int64_t first, std::int64_t step) {
    std::vector<std::tuple<std::int64_t, std::int64_t, double>> found;
    for (const GivenEntry& e : read_given(*backend, piece, first, step)) found.emplace_back(e.row, e.col, e.value);
    return found;
  };
  using Found = std::vector<std::tuple<std::int64_t, std::int64_t, double>>;
  EXPECT_EQ(read(0, 2), (Found{{7, 0, 1}, {far, 2, 3}, {4, -4, 5}}));
  EXPECT_EQ(read(1, 3), (Found{{-1, 1, double{0.1F}}, {4, -4, 5}}));
  EXPECT_EQ(read(2, 5), (Found{{far, 2, 3}}));
  EXPECT_EQ(read(5, 1), (Found{}));
}

TEST_F(PrepareKeysOnCuda, UnseenEntriesAreLeftOut) {
  const KeyLayout layout(3, 2);
  const Taken taken = take(layout, {0, -1, 2}, {1, 1, -1}, {1, 2, 3}, true);
  EXPECT_EQ(taken.keys, (std::vector<std::uint64_t>{layout.key(0, 1), layout.left_out(), layout.left_out()}));
  EXPECT_EQ(taken.row_counts, (Counts{1, 0, 0}));
  EXPECT_EQ(taken.col_counts, (Counts{0, 1}));
  EXPECT_EQ(taken.found, (Counts{~0ULL, 0}));
}

TEST_F(PrepareKeysOnCuda, OrdersByDescendingCountAndThenByIndex) {
  Buffer<std::int32_t, CudaBackend> order, place;
  order_by_count(*backend, on_device(Counts{2, 0, 9, 2, 300, 0, 2}), 315, order, place);
  EXPECT_EQ(order.download(), (Indices{4, 2, 0, 3, 6, 1, 5}));
  EXPECT_EQ(place.download(), (Indices{2, 5, 1, 3, 0, 6, 4}));
}

TEST_F(PrepareKeysOnCuda, RelabelsWhatIsNotLeftOut) {
  const KeyLayout layout(3, 2);
  auto keys = on_device(std::vector<std::uint64_t>{layout.key(0, 1), layout.left_out(), layout.key(2, 0)});
  relabel(*backend, layout, on_device(Indices{2, 1, 0}), on_device(Indices{1, 0}), keys);
  EXPECT_EQ(keys.download(), (std::vector<std::uint64_t>{layout.key(2, 0), layout.left_out(), layout.key(0, 1)}));
}

TEST_F(PrepareKeysOnCuda, NamesTheFirstDuplicateByItsIndices) {
  const KeyLayout layout(4, 4);
  const auto rows = on_device(Indices{3, 1, 0, 2}), cols = on_device(Indices{0, 2, 1, 3});
  const auto find = [&](std::vector<std::uint64_t> keys) {
    return read_duplicate(*backend, layout, on_device(keys), rows, cols);
  };
  EXPECT_FALSE(find({layout.key(0, 1), layout.key(0, 2), layout.key(2, 1)}).has_value());
  EXPECT_FALSE(find({layout.key(0, 1)}).has_value());
  // places (0, 0) and (1, 2) and (1, 3) twice: indices (3, 0), (1, 1), (1, 3)
  const auto pair = find({layout.key(0, 0), layout.key(0, 0), layout.key(1, 2), layout.key(1, 2), layout.key(1, 3),
                          layout.key(1, 3), layout.key(1, 3)});
  EXPECT_EQ(pair, (std::pair{1, 1}));
}

TEST_F(PrepareKeysOnCuda, OffsetsAndIndicesOfBothSides) {
  const KeyLayout layout(5, 3);
  const auto by_row = on_device(std::vector<std::uint64_t>{layout.key(0, 1), layout.key(0, 2), layout.key(3, 0),
                                                           layout.key(4, 1), layout.left_out()});
  Buffer<std::int64_t, CudaBackend> row_ptr(*backend, 6, "offsets"), col_ptr(*backend, 4, "offsets");
  row_offsets(*backend, layout, Side::row, by_row, 4, row_ptr);
  EXPECT_EQ(row_ptr.download(), (std::vector<std::int64_t>{0, 2, 2, 2, 3, 4}));

  const auto by_col =
      on_device(std::vector<std::uint64_t>{layout.key(3, 0), layout.key(0, 2), layout.key(1, 2), layout.key(4, 2)});
  row_offsets(*backend, layout, Side::col, by_col, 4, col_ptr);
  EXPECT_EQ(col_ptr.download(), (std::vector<std::int64_t>{0, 1, 1, 4}));

  Buffer<std::int32_t, CudaBackend> rows(*backend, 4, "rows");
  Buffer<std::uint16_t, CudaBackend> cols(*backend, 4, "columns");
  unpack(*backend, layout, Side::row, by_col, rows);
  unpack(*backend, layout, Side::col, by_row, cols);
  EXPECT_EQ(rows.download(), (Indices{3, 0, 1, 4}));
  EXPECT_EQ(cols.download(), (std::vector<std::uint16_t>{1, 2, 0, 1}));
}

}  // namespace
}  // namespace rankfill::testing
