// SPDX-License-Identifier: Apache-2.0
#include "kernels/prepare/narrow.hpp"

#include <cmath>

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

class PrepareNarrowOnCuda : public KernelTest<CudaBackend> {
 protected:
  /// [1 1.5 .; . . .; 4.5 . 2], by row or by column, and a row bias.
  Csr<float, CudaBackend> matrix(Side order) {
    const bool by_row = order == Side::row;
    const std::vector<std::int64_t> row_ptr =
        by_row ? std::vector<std::int64_t>{0, 2, 2, 4} : std::vector<std::int64_t>{0, 2, 3, 4};
    Csr<float, CudaBackend> m;
    m.num_rows = m.num_cols = 3;
    m.num_entries = 4;
    m.row_ptr = {*backend, row_ptr, "a matrix"};
    m.col_idx = {*backend, by_row ? std::vector<std::int32_t>{0, 1, 0, 2} : std::vector<std::int32_t>{0, 2, 0, 2},
                 "a matrix"};
    m.values = {*backend, by_row ? std::vector<float>{1, 1.5, 4.5, 2} : std::vector<float>{1, 4.5, 1.5, 2}, "a matrix"};
    add_row_plans(*backend, row_ptr, 4, m);
    return m;
  }
  Offsets<CudaBackend> offsets(double mean, const std::vector<double>& row_bias) {
    Offsets<CudaBackend> o;
    o.mean = mean;
    o.row_bias = {*backend, row_bias, "biases"};
    return o;
  }
};

TEST_F(PrepareNarrowOnCuda, CodesTheValuesLessTheirOffsets) {
  Buffer<std::uint8_t, CudaBackend> codes(*backend, 4, "codes");
  const ValueCoding<float> coding{.offset = -1, .step = 0.5, .largest = 7};
  EXPECT_TRUE(read_encoded(*backend, matrix(Side::row), Side::row, offsets(2, {}), coding, 1e-6, codes));
  EXPECT_EQ(codes.download(), (std::vector<std::uint8_t>{0, 1, 7, 2}));
  // the bias is of the data's rows, which by column are the columns of the matrix
  EXPECT_TRUE(read_encoded(*backend, matrix(Side::row), Side::row, offsets(2, {-1, 0, 0.5}), coding, 1e-6, codes));
  EXPECT_EQ(codes.download(), (std::vector<std::uint8_t>{2, 3, 6, 1}));
  EXPECT_TRUE(read_encoded(*backend, matrix(Side::col), Side::col, offsets(2, {-1, 0, 0.5}), coding, 1e-6, codes));
  EXPECT_EQ(codes.download(), (std::vector<std::uint8_t>{2, 6, 3, 1}));
}

TEST_F(PrepareNarrowOnCuda, SeesOneValueWithoutACode) {
  Buffer<std::uint16_t, CudaBackend> codes(*backend, 4, "codes");
  const auto m = matrix(Side::row);
  const auto zero = offsets(0, {});
  const auto fits = [&](const ValueCoding<double>& coding, double within) {
    return read_encoded(*backend, m, Side::row, zero, coding, within, codes);
  };
  EXPECT_TRUE(fits({.offset = 1, .step = 0.5, .largest = 7}, 0));
  EXPECT_FALSE(fits({.offset = 1, .step = 0.5, .largest = 6}, 0)) << "4.5 is beyond the last";
  EXPECT_FALSE(fits({.offset = 1.5, .step = 0.5, .largest = 7}, 0)) << "1 is below the first";
  EXPECT_FALSE(fits({.offset = 1, .step = 1, .largest = 7}, 0.25)) << "1.5 lies between two";
}

TEST_F(PrepareNarrowOnCuda, SubtractsInPlaceToo) {
  auto m = matrix(Side::row);
  const auto o = offsets(2, {-1, 0, 0.5});
  Buffer<double, CudaBackend> out(*backend, 4, "values");
  subtract_offsets(*backend, m, Side::row, o, out);
  EXPECT_EQ(out.download(), (std::vector<double>{0, 0.5, 2, -0.5}));
  subtract_offsets(*backend, m, Side::row, o, m.values);
  EXPECT_EQ(m.values.download(), (std::vector<float>{0, 0.5, 2, -0.5}));
}

TEST_F(PrepareNarrowOnCuda, WeightsArePowersOfTheCounts) {
  const Buffer<std::int64_t, CudaBackend> row_ptr(*backend, std::vector<std::int64_t>{0, 4, 4, 5, 14}, "offsets");
  Buffer<float, CudaBackend> weights(*backend, 4, "weights");
  count_weights(*backend, row_ptr, 0.5, weights);
  EXPECT_EQ(weights.download(), (std::vector<float>{2, 0, 1, 3}));
  count_weights(*backend, row_ptr, 1, weights);
  EXPECT_EQ(weights.download(), (std::vector<float>{4, 0, 1, 9}));
}

}  // namespace
}  // namespace rankfill::testing
