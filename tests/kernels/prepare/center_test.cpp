// SPDX-License-Identifier: Apache-2.0
#include "kernels/prepare/center.hpp"

#include <cmath>

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class S>
class PrepareCenterOnCuda : public KernelTest<CudaBackend> {
 protected:
  Csr<S, CudaBackend> on_device(const HostCsr& m) {
    Csr<S, CudaBackend> csr;
    csr.num_rows = m.num_rows;
    csr.num_cols = m.num_cols;
    csr.num_entries = static_cast<std::int64_t>(m.values.size());
    csr.row_ptr = {*backend, m.row_ptr, "a matrix"};
    csr.col_idx = {*backend, m.col_idx, "a matrix"};
    csr.values = {*backend, detail::cast<S>(m.values), "a matrix"};
    add_row_plans(*backend, m.row_ptr, 4, csr);
    return csr;
  }

  /// Row 0 is long enough for several chunks, row 1 is empty, the others short.  Values are floats.
  static HostCsr ragged() {
    HostCsr m{5, 6000, {0}, {}, {}};
    for (const std::int32_t length : {5000, 0, 1, 40, 3}) {
      for (std::int32_t j = 0; j < length; ++j) {
        m.col_idx.push_back(j + 7);
        m.values.push_back(static_cast<float>(3 + number(static_cast<std::uint32_t>(m.values.size()), 0, 0)));
      }
      m.row_ptr.push_back(static_cast<std::int64_t>(m.values.size()));
    }
    return m;
  }
  static std::vector<double> biases(std::int64_t size, std::uint32_t stream) {
    std::vector<double> b;
    for (std::int64_t i = 0; i < size; ++i) b.push_back(number(stream, static_cast<std::uint32_t>(i), 0));
    return b;
  }
};

using Stored = ::testing::Types<float, double>;
TYPED_TEST_SUITE(PrepareCenterOnCuda, Stored);

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

TYPED_TEST(PrepareCenterOnCuda, SumsAllValues) {
  const HostCsr m = this->ragged();
  double want = 0;
  for (const double value : m.values) want += value;
  const Buffer<TypeParam, CudaBackend> values(*this->backend, detail::cast<TypeParam>(m.values), "values");
  EXPECT_NEAR(read_sum(*this->backend, values), want, 2 * kEpsilon * static_cast<double>(m.values.size()) * want);
}

TYPED_TEST(PrepareCenterOnCuda, BiasesFollowTheirFormula) {
  const HostCsr m = this->ragged();
  const auto csr = this->on_device(m);
  const auto other = this->biases(m.num_cols, 1);
  constexpr double mean = 2.9, damping = 5;
  for (const bool with_other : {false, true}) {
    const Buffer<double, CudaBackend> others(*this->backend, with_other ? other : std::vector<double>{}, "biases");
    Buffer<double, CudaBackend> bias(*this->backend, std::vector<double>(5, std::nan("")), "biases");

    damped_bias(*this->backend, csr, mean, others, damping, bias);

    const auto got = bias.download();
    for (std::size_t i = 0; i < 5; ++i) {
      double sum = 0;
      for (auto p = static_cast<std::size_t>(m.row_ptr[i]); p < static_cast<std::size_t>(m.row_ptr[i + 1]); ++p)
        sum += m.values[p] - (with_other ? mean + other[static_cast<std::size_t>(m.col_idx[p])] : mean);
      const auto count = static_cast<double>(m.row_ptr[i + 1] - m.row_ptr[i]);
      EXPECT_NEAR(got[i], count > 0 ? sum / (count + damping) : 0, 4 * kEpsilon * count) << "row " << i;
    }
  }
}

TYPED_TEST(PrepareCenterOnCuda, SpreadIsOfTheCentredValues) {
  const HostCsr m = this->ragged();
  const auto csr = this->on_device(m);
  const auto row = this->biases(m.num_rows, 2), col = this->biases(m.num_cols, 3);
  for (const bool biased : {false, true}) {
    Offsets<CudaBackend> offsets;
    offsets.mean = 2.5;
    if (biased) {
      offsets.row_bias = {*this->backend, row, "biases"};
      offsets.col_bias = {*this->backend, col, "biases"};
    }

    const Spread spread = read_spread(*this->backend, csr, offsets);

    double squares = 0, low = HUGE_VAL, high = -HUGE_VAL;
    for (std::size_t i = 0; i < 5; ++i)
      for (auto p = static_cast<std::size_t>(m.row_ptr[i]); p < static_cast<std::size_t>(m.row_ptr[i + 1]); ++p) {
        const double value = m.values[p] - (biased ? 2.5 + row[i] + col[static_cast<std::size_t>(m.col_idx[p])] : 2.5);
        squares += value * value;
        low = std::min(low, value);
        high = std::max(high, value);
      }
    EXPECT_EQ(spread.low, low);
    EXPECT_EQ(spread.high, high);
    EXPECT_NEAR(spread.squares, squares, 2 * kEpsilon * static_cast<double>(m.values.size()) * squares);
  }
}

TYPED_TEST(PrepareCenterOnCuda, UnseenEntriesAreCountedAndTheirErrorIsByPlace) {
  constexpr std::int32_t num_rows = 7, num_cols = 5;
  std::vector<std::int32_t> rows, cols;
  std::vector<TypeParam> values;
  for (std::int32_t p = 0; p < 3000; ++p) {  // several blocks
    rows.push_back(p % (num_rows + 1) - 1);
    cols.push_back(p % (num_cols + 1) - 1);
    values.push_back(static_cast<TypeParam>(number(static_cast<std::uint32_t>(p), 0, 0)));
  }
  const std::vector<std::int32_t> row_places{3, 6, 0, 1, 5, 4, 2}, col_places{4, 2, 0, 1, 3};
  const auto row = this->biases(num_rows, 2), col = this->biases(num_cols, 3);
  const Buffer<std::int32_t, CudaBackend> r(*this->backend, rows, "rows"), c(*this->backend, cols, "columns"),
      row_place(*this->backend, row_places, "places"), col_place(*this->backend, col_places, "places");
  const Buffer<TypeParam, CudaBackend> v(*this->backend, values, "values");
  for (const bool biased : {false, true}) {
    Offsets<CudaBackend> offsets;
    offsets.mean = 0.25;
    if (biased) {
      offsets.row_bias = {*this->backend, row, "biases"};
      offsets.col_bias = {*this->backend, col, "biases"};
    }

    const Unseen unseen =
        read_unseen(*this->backend, {r.data(), c.data(), v.data(), 0, 3000}, offsets, row_place, col_place);

    std::int64_t count = 0;
    double squares = 0;
    for (std::size_t p = 0; p < rows.size(); ++p) {
      if (rows[p] >= 0 && cols[p] >= 0) continue;
      const auto at = [](const auto& of, std::int32_t i) { return of[static_cast<std::size_t>(i)]; };
      double offset = 0.25;
      if (biased && rows[p] >= 0) offset += at(row, at(row_places, rows[p]));
      if (biased && cols[p] >= 0) offset += at(col, at(col_places, cols[p]));
      const double error = double{values[p]} - offset;
      squares += error * error;
      ++count;
    }
    EXPECT_EQ(unseen.count, count);
    EXPECT_NEAR(unseen.squared_error, squares, 2 * kEpsilon * static_cast<double>(count) * squares);
  }
}

}  // namespace
}  // namespace rankfill::testing
