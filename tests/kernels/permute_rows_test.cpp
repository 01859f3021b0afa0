// SPDX-License-Identifier: Apache-2.0
#include "kernels/permute_rows.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class PermuteRows : public KernelTest<B> {
 protected:
  template <class T>
  Factor<T, B> factor(const std::vector<T>& values, int rank) {
    Factor<T, B> x(*this->backend, static_cast<std::int64_t>(values.size()) / rank, rank, "x");
    x.values.upload(values);
    return x;
  }
};
TYPED_TEST_SUITE(PermuteRows, Backends, BackendNames);

TYPED_TEST(PermuteRows, MovesWholeRowsEitherWay) {
  const Buffer<std::int32_t, TypeParam> order(*this->backend, std::vector<std::int32_t>{2, 0, 1}, "order");
  const std::vector<float> rows{1, 2, 3, 4, 5, 6};
  const auto from = this->template factor<float>(rows, 2);
  auto to = this->template factor<float>(std::vector<float>(6, -1), 2);

  rows_to_places(*this->backend, order, from, to);
  EXPECT_EQ(to.values.download(), (std::vector<float>{5, 6, 1, 2, 3, 4}));
  rows_to_indices(*this->backend, order, from, to);
  EXPECT_EQ(to.values.download(), (std::vector<float>{3, 4, 5, 6, 1, 2}));
}

TYPED_TEST(PermuteRows, ThereAndBackChangesNothing) {
  constexpr std::int64_t rows = 517;  // prime to 100, and more than a block
  std::vector<std::int32_t> permutation;
  for (std::int64_t r = 0; r < rows; ++r) permutation.push_back(static_cast<std::int32_t>(r * 100 % rows));
  const Buffer<std::int32_t, TypeParam> order(*this->backend, permutation, "order");
  for (const int rank : {1, 3, 4}) {
    const auto values = numbers(8, rows, rank);
    const auto x = this->template factor<double>(values, rank);
    auto there = this->template factor<double>(std::vector<double>(values.size()), rank);
    auto back = this->template factor<double>(std::vector<double>(values.size()), rank);

    rows_to_places(*this->backend, order, x, there);
    rows_to_indices(*this->backend, order, there, back);

    EXPECT_EQ(back.values.download(), values);
    EXPECT_NE(there.values.download(), values);
  }
}

}  // namespace
}  // namespace rankfill::testing
