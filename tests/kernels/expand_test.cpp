// SPDX-License-Identifier: Apache-2.0
#include "kernels/expand.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
using Expand = KernelTest<B>;
TYPED_TEST_SUITE(Expand, Backends, BackendNames);

TYPED_TEST(Expand, EveryEntryKnowsItsRow) {
  for (const Case& c : shapes()) {
    const OnBackend<float, TypeParam> s(*this->backend, c);
    const auto row_ptr = s.host.by_row.row_ptr;
    std::vector<std::int32_t> want;
    for (std::size_t i = 0; i + 1 < row_ptr.size(); ++i)
      want.insert(want.end(), static_cast<std::size_t>(row_ptr[i + 1] - row_ptr[i]), static_cast<std::int32_t>(i));
    Buffer<std::int32_t, TypeParam> row_idx(*this->backend, std::vector<std::int32_t>(want.size(), -1), "rows");

    row_of_each_entry(*this->backend, s.problem.observations.by_row, row_idx);

    EXPECT_EQ(row_idx.download(), want) << c.why;
  }
}

template <class T, class B>
void check_block(B& backend, const Case& c) {
  const OnBackend<T, B> s(backend, c, Formulation::dense);
  const Block<T, B>& block = s.problem.block;
  const auto rows = block.rows.download(), cols = block.cols.download();
  const auto values = block.values.download();
  ASSERT_EQ(values.size(), rows.size() * cols.size()) << c.why;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < cols.size(); ++j) {
      const T value = values[i * cols.size() + j];
      if (c.dense.seen(rows[i], cols[j]) != 0) {
        ++seen;
        // one rounding of a value below 1, or half a unit of its coding
        EXPECT_NEAR(value, c.dense.at(rows[i], cols[j]), std::numeric_limits<T>::epsilon()) << c.why;
      } else {
        EXPECT_TRUE(std::isnan(value)) << c.why;
      }
    }
  EXPECT_EQ(static_cast<std::int64_t>(seen), s.problem.num_entries) << c.why;
}

TYPED_TEST(Expand, ABlockHoldsTheEntriesAndNoOtherNumber) {
  for (const Case& c : shapes()) {
    check_block<float>(*this->backend, c);
    check_block<double>(*this->backend, c);
  }
}

}  // namespace
}  // namespace rankfill::testing
