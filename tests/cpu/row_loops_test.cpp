// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/row_loops.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/detail/philox.hpp"

// Every instruction set of this processor against sums in long double.

namespace rankfill {
namespace {

double uniform(std::uint32_t k, std::uint32_t stream) { return philox({k, stream, 0, 0}, {7, 0})[0] * 0x1p-31 - 1; }

/// A tile, entries that gather it, and vectors.
template <class T>
struct Case {
  Case(const RowLoops<T>& loops, int rank, int count)
      : loops(loops),
        rank(rank),
        padded(loops.pad(rank)),
        count(count),
        factor(static_cast<std::size_t>(rank) * kRows),
        u(static_cast<std::size_t>(padded)),
        tile(static_cast<std::size_t>(padded) * static_cast<std::size_t>(count)),
        e(static_cast<std::size_t>(loops.pad(count))) {
    for (std::size_t k = 0; k < factor.size(); ++k)
      factor[k] = static_cast<T>(uniform(static_cast<std::uint32_t>(k), 0));
    for (int k = 0; k < rank; ++k) u[k] = static_cast<T>(uniform(static_cast<std::uint32_t>(k), 1));
    for (int t = 0; t < count; ++t) {
      values.push_back(static_cast<T>(uniform(static_cast<std::uint32_t>(t), 2)));
      cols.push_back(static_cast<std::int32_t>((t * 5) % kRows));
    }
    squares = loops.gather({values.data(), cols.data(), count, 0, factor.data(), rank}, padded, u.data(), tile.data(),
                           e.data());
  }

  long double v(int t, int k) const { return factor[static_cast<std::size_t>(cols[t]) * rank + k]; }
  long double dot(int t) const {
    long double sum = 0;
    for (int k = 0; k < rank; ++k) sum += v(t, k) * u[k];
    return sum;
  }
  /// Bound on the rounding of a sum of `terms` products of numbers up to 1.
  static double bound(int terms) { return (terms + 2) * double{std::numeric_limits<T>::epsilon()} * terms; }

  static constexpr int kRows = 37;
  const RowLoops<T>& loops;
  int rank, padded, count;
  std::vector<T> factor, values;
  std::vector<std::int32_t> cols;
  mutable AlignedArray<T> u, tile, e;
  double squares = 0;
};

template <class T>
class RowLoopsOf : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(RowLoopsOf, Scalars);

/// Calls body(case) for every instruction set, rank and count.
template <class T, class Body>
void for_cases(const Body& body) {
  for (const RowLoops<T>* loops : all_row_loops<T>())
    for (const int rank : {1, 3, 8, 15, 16, 17, 31, 33, 48, 64, 100, 129})
      for (const int count : {1, 2, 7, 16, 19}) {
        SCOPED_TRACE(std::string(loops->name) + " rank " + std::to_string(rank) + " count " + std::to_string(count));
        body(Case<T>(*loops, rank, count));
      }
}

TYPED_TEST(RowLoopsOf, TheBaselineIsAlwaysThere) {
  const auto all = all_row_loops<TypeParam>();
  ASSERT_FALSE(all.empty());
  EXPECT_STREQ(all.back()->name, "baseline");
  EXPECT_EQ(&row_loops<TypeParam>(), all.front());
}

TYPED_TEST(RowLoopsOf, GathersRowsAndTheirResiduals) {
  for_cases<TypeParam>([](const Case<TypeParam>& c) {
    double squares = 0;
    for (int t = 0; t < c.count; ++t) {
      for (int k = 0; k < c.padded; ++k) {
        const TypeParam expected = k < c.rank ? static_cast<TypeParam>(c.v(t, k)) : TypeParam{0};
        ASSERT_EQ(c.tile[static_cast<std::size_t>(t) * c.padded + k], expected);
      }
      ASSERT_NEAR(c.e[t], static_cast<double>(c.values[t] - c.dot(t)), c.bound(c.rank));
      squares += double{c.e[t]} * double{c.e[t]};
    }
    ASSERT_NEAR(c.squares, squares, c.bound(c.count) * c.rank * c.rank);
  });
}

TYPED_TEST(RowLoopsOf, CombinesAndProjects) {
  for_cases<TypeParam>([](const Case<TypeParam>& c) {
    AlignedArray<TypeParam> y(c.padded), z(c.loops.pad(c.count));
    for (int k = 0; k < c.rank; ++k) y[k] = 1;
    c.loops.combine(c.padded, c.count, c.tile.data(), c.values.data(), y.data());
    c.loops.project(c.padded, c.count, c.tile.data(), c.u.data(), z.data());
    for (int k = 0; k < c.padded; ++k) {
      long double combined = k < c.rank;
      for (int t = 0; k < c.rank && t < c.count; ++t) combined += c.values[t] * c.v(t, k);
      ASSERT_NEAR(y[k], static_cast<double>(combined), c.bound(c.count + 1));
    }
    for (int t = 0; t < c.count; ++t) ASSERT_NEAR(z[t], static_cast<double>(c.dot(t)), c.bound(c.rank));
  });
}

/// gradient(), start() and apply() of some slices, one after the other, from y = diagonal = 1.
template <class T>
struct Fetched {
  Fetched(const Case<T>& c, int part) : y(c.padded), diagonal(c.padded), applied(c.padded), gradient(c.padded) {
    AlignedArray<T> padded_factor(static_cast<std::size_t>(c.padded) * c.kRows);
    for (int row = 0; row < c.kRows; ++row)
      for (int k = 0; k < c.rank; ++k)
        padded_factor[static_cast<std::size_t>(row) * c.padded + k] =
            c.factor[static_cast<std::size_t>(row) * c.rank + k];
    for (int k = 0; k < c.rank; ++k) y[k] = diagonal[k] = applied[k] = gradient[k] = 1;
    for (int t = 0; t < c.count; t += part) {
      const std::int64_t here = std::min(part, c.count - t);
      const EntrySlice<T> slice{c.values.data() + t, c.cols.data() + t, here, 0, padded_factor.data(), c.padded};
      squares += c.loops.start(slice, c.u.data(), y.data(), diagonal.data());
      c.loops.apply(slice, c.u.data(), applied.data());
      gradient_squares += c.loops.gradient(slice, c.u.data(), gradient.data());
    }
  }
  AlignedArray<T> y, diagonal, applied, gradient;
  double squares = 0, gradient_squares = 0;
};

// Rows stay in registers, or are worked on a few at a time; rows left over by either count too.
TYPED_TEST(RowLoopsOf, UsesFetchedRows) {
  for_cases<TypeParam>([](const Case<TypeParam>& c) {
    const Fetched<TypeParam> got(c, 11);
    ASSERT_NEAR(got.squares, c.squares, c.bound(c.count) * c.rank * c.rank);
    ASSERT_NEAR(got.gradient_squares, c.squares, c.bound(c.count) * c.rank * c.rank);
    for (int k = 0; k < c.padded; ++k) {
      long double sum = k < c.rank, squared = sum, applied = sum;
      for (int t = 0; k < c.rank && t < c.count; ++t) {
        sum += (c.values[t] - c.dot(t)) * c.v(t, k);
        squared += c.v(t, k) * c.v(t, k);
        applied += c.dot(t) * c.v(t, k);
      }
      const double within = c.bound(c.count + 1) * (c.rank + 1);
      ASSERT_NEAR(got.y[k], static_cast<double>(sum), within);
      ASSERT_NEAR(got.gradient[k], static_cast<double>(sum), within);
      ASSERT_NEAR(got.diagonal[k], static_cast<double>(squared), c.bound(c.count + 1));
      ASSERT_NEAR(got.applied[k], static_cast<double>(applied), within);
    }
  });
}

TYPED_TEST(RowLoopsOf, AddsUpProducts) {
  for_cases<TypeParam>([](const Case<TypeParam>& c) {
    long double expected = 0;
    for (int k = 0; k < c.rank; ++k) expected += c.v(0, k) * c.u[k];
    const double in_double = c.loops.dot_in_double(c.padded, c.tile.data(), c.u.data());
    ASSERT_NEAR(c.loops.dot(c.padded, c.tile.data(), c.u.data()), static_cast<double>(expected), c.bound(c.rank));
    ASSERT_NEAR(in_double, static_cast<double>(expected), Case<double>::bound(c.rank));
  });
}

/// gram = I + sum_t v_t v_t^T
template <class T>
AlignedArray<T> system_of(const Case<T>& c) {
  AlignedArray<T> gram(static_cast<std::size_t>(c.padded) * c.padded);
  c.loops.add_gram(c.padded, c.count, c.tile.data(), gram.data());
  for (int k = 0; k < c.rank; ++k) gram[static_cast<std::size_t>(k) * c.padded + k] += 1;
  return gram;
}

TYPED_TEST(RowLoopsOf, AddsGramMatrices) {
  for_cases<TypeParam>([](const Case<TypeParam>& c) {
    const auto gram = system_of(c);
    for (int j = 0; j < c.rank; ++j)
      for (int i = j; i < c.rank; ++i) {
        long double sum = i == j;
        for (int t = 0; t < c.count; ++t) sum += c.v(t, i) * c.v(t, j);
        ASSERT_NEAR(gram[static_cast<std::size_t>(j) * c.padded + i], static_cast<double>(sum), c.bound(c.count + 1));
      }
  });
}

TYPED_TEST(RowLoopsOf, FactorsAndSolves) {
  for_cases<TypeParam>([](const Case<TypeParam>& c) {
    auto gram = system_of(c), lower = system_of(c);
    AlignedArray<TypeParam> x(c.padded);
    for (int k = 0; k < c.rank; ++k) x[k] = c.u[k];
    c.loops.cholesky(c.rank, c.padded, std::numeric_limits<TypeParam>::min(), lower.data());
    c.loops.solve(c.rank, c.padded, lower.data(), x.data());
    // Backward stable: |A x - u| <= c rank eps |A| |x|, and |A| <= 1 + count * rank, |x| <= |u|.
    const double size = 1 + double{1} * c.count * c.rank;
    for (int i = 0; i < c.rank; ++i) {
      long double row = -c.u[i];
      for (int j = 0; j < c.rank; ++j)
        row += gram[static_cast<std::size_t>(std::min(i, j)) * c.padded + std::max(i, j)] * (long double){x[j]};
      ASSERT_LE(std::fabs(static_cast<double>(row)),
                4 * c.rank * double{std::numeric_limits<TypeParam>::epsilon()} * size);
    }
    for (int k = c.rank; k < c.padded; ++k) ASSERT_EQ(x[k], TypeParam{0});
  });
}

TYPED_TEST(RowLoopsOf, KeepsPivotsAtTheFloor) {
  for (const RowLoops<TypeParam>* loops : all_row_loops<TypeParam>()) {
    const int padded = loops->pad(3);
    AlignedArray<TypeParam> a(static_cast<std::size_t>(padded) * padded);
    a[0] = 4;  // the other pivots are 0
    loops->cholesky(3, padded, TypeParam{0.25}, a.data());
    EXPECT_EQ(a[0], TypeParam{2});
    EXPECT_EQ(a[static_cast<std::size_t>(padded) + 1], TypeParam{0.5});
    EXPECT_EQ(a[static_cast<std::size_t>(2 * padded) + 2], TypeParam{0.5});
  }
}

TYPED_TEST(RowLoopsOf, TilesFitTheFirstLevelCache) {
  for (const int padded : {16, 64, 128, 256, 1024}) {
    const int entries = tile_entries(padded, sizeof(TypeParam));
    EXPECT_EQ(entries % 8, 0);
    EXPECT_GE(entries, 16);
    EXPECT_TRUE(entries == 16 || entries * padded * sizeof(TypeParam) <= 16384);
  }
}

}  // namespace
}  // namespace rankfill
