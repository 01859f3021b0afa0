// SPDX-License-Identifier: Apache-2.0
#include <cusparse.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/support/simt/control.hpp"
#include "tests/support/simt/testing.hpp"

namespace {

using simt::DeviceArray;

constexpr auto no_transpose = CUSPARSE_OPERATION_NON_TRANSPOSE;
constexpr auto transpose = CUSPARSE_OPERATION_TRANSPOSE;
constexpr auto success = CUSPARSE_STATUS_SUCCESS;

template <class T>
constexpr cudaDataType data_type = sizeof(T) == 4 ? CUDA_R_32F : CUDA_R_64F;
template <class I>
constexpr cusparseIndexType_t index_type = sizeof(I) == 4 ? CUSPARSE_INDEX_32I : CUSPARSE_INDEX_64I;

/// The running example, 3 x 4 with an empty row:
///     1 . 2 .
///     . . . .
///     . 3 . 4
constexpr double sparse[3][4] = {{1, 0, 2, 0}, {0, 0, 0, 0}, {0, 3, 0, 4}};

double dense(std::int64_t i, std::int64_t j) { return static_cast<double>(1 + 3 * i + 7 * j); }

/// rows x cols of `dense` in the given order, with one element of padding per line.
template <class T>
struct DenseMatrix {
  DenseMatrix(std::int64_t rows, std::int64_t cols, cusparseOrder_t order)
      : by_row(order == CUSPARSE_ORDER_ROW), ld((by_row ? cols : rows) + 1), values(fill(rows, cols)) {
    EXPECT_EQ(cusparseCreateDnMat(&descriptor, rows, cols, ld, values.data(), data_type<T>, order), success);
  }
  ~DenseMatrix() { EXPECT_EQ(cusparseDestroyDnMat(descriptor), success); }

  std::size_t at(std::int64_t i, std::int64_t j) const {
    return static_cast<std::size_t>(by_row ? i * ld + j : i + j * ld);
  }
  std::vector<T> fill(std::int64_t rows, std::int64_t cols) const {
    std::vector<T> all(static_cast<std::size_t>(ld * (by_row ? rows : cols)), T(NAN));
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < cols; ++j) all[at(i, j)] = static_cast<T>(dense(i, j));
    }
    return all;
  }

  bool by_row;
  std::int64_t ld;
  DeviceArray<T> values;
  cusparseDnMatDescr_t descriptor = nullptr;
};

template <class T, class I>
struct SparseMatrix {
  explicit SparseMatrix(bool coo = false) : rows(coo ? std::vector<I>{0, 0, 2, 2} : std::vector<I>{0, 2, 2, 4}) {
    EXPECT_EQ(coo ? cusparseCreateCoo(&descriptor, 3, 4, 4, rows.data(), cols.data(), values.data(), index_type<I>,
                                      CUSPARSE_INDEX_BASE_ZERO, data_type<T>)
                  : cusparseCreateCsr(&descriptor, 3, 4, 4, rows.data(), cols.data(), values.data(), index_type<I>,
                                      index_type<I>, CUSPARSE_INDEX_BASE_ZERO, data_type<T>),
              success);
  }
  ~SparseMatrix() { EXPECT_EQ(cusparseDestroySpMat(descriptor), success); }

  DeviceArray<I> rows;
  DeviceArray<I> cols{std::vector<I>{0, 2, 1, 3}};
  DeviceArray<T> values{std::vector<T>{1, 2, 3, 4}};
  cusparseSpMatDescr_t descriptor = nullptr;
};

struct SimtSparse : testing::Test {
  simt::Scope scope;
  cusparseHandle_t handle = nullptr;
  DeviceArray<char> buffer{4096};
  void SetUp() override { ASSERT_EQ(cusparseCreate(&handle), success); }
  void TearDown() override { EXPECT_EQ(cusparseDestroy(handle), success); }

  template <class T, class I>
  void check_spmm(bool coo, cusparseOperation_t op_a, cusparseOperation_t op_b, cusparseOrder_t b_order,
                  cusparseOrder_t c_order) {
    const std::int64_t m = op_a == no_transpose ? 3 : 4;
    const std::int64_t k = 7 - m;
    const std::int64_t n = 2;
    const SparseMatrix<T, I> a(coo);
    const DenseMatrix<T> b(op_b == no_transpose ? k : n, op_b == no_transpose ? n : k, b_order);
    const DenseMatrix<T> c(m, n, c_order);
    const T alpha = 2;
    const T beta = T(0.5);
    size_t bytes = 0;

    ASSERT_EQ(cusparseSpMM_bufferSize(handle, op_a, op_b, &alpha, a.descriptor, b.descriptor, &beta, c.descriptor,
                                      data_type<T>, CUSPARSE_SPMM_ALG_DEFAULT, &bytes),
              success);
    ASSERT_LE(bytes, 4096U);
    ASSERT_EQ(cusparseSpMM(handle, op_a, op_b, &alpha, a.descriptor, b.descriptor, &beta, c.descriptor, data_type<T>,
                           CUSPARSE_SPMM_ALG_DEFAULT, buffer.data()),
              success);

    const auto values = c.values.download();
    for (std::int64_t i = 0; i < m; ++i) {
      for (std::int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::int64_t p = 0; p < k; ++p) {
          sum +=
              (op_a == no_transpose ? sparse[i][p] : sparse[p][i]) * (op_b == no_transpose ? dense(p, j) : dense(j, p));
        }
        EXPECT_EQ(values[c.at(i, j)], static_cast<T>(2 * sum + 0.5 * dense(i, j)));
      }
    }
  }

  template <class T, class I>
  void check_sddmm(cusparseOperation_t op_a, cusparseOperation_t op_b, cusparseOrder_t order) {
    const std::int64_t k = 2;
    const SparseMatrix<T, I> c;
    const DenseMatrix<T> a(op_a == no_transpose ? 3 : k, op_a == no_transpose ? k : 3, order);
    const DenseMatrix<T> b(op_b == no_transpose ? k : 4, op_b == no_transpose ? 4 : k, order);
    const T alpha = -1;
    const T beta = 3;

    ASSERT_EQ(cusparseSDDMM_preprocess(handle, op_a, op_b, &alpha, a.descriptor, b.descriptor, &beta, c.descriptor,
                                       data_type<T>, CUSPARSE_SDDMM_ALG_DEFAULT, buffer.data()),
              success);
    ASSERT_EQ(cusparseSDDMM(handle, op_a, op_b, &alpha, a.descriptor, b.descriptor, &beta, c.descriptor, data_type<T>,
                            CUSPARSE_SDDMM_ALG_DEFAULT, buffer.data()),
              success);

    std::vector<T> expected;
    for (std::int64_t i = 0; i < 3; ++i) {
      for (std::int64_t j = 0; j < 4; ++j) {
        double sum = 0;
        for (std::int64_t p = 0; p < k; ++p) {
          sum +=
              (op_a == no_transpose ? dense(i, p) : dense(p, i)) * (op_b == no_transpose ? dense(p, j) : dense(j, p));
        }
        if (sparse[i][j] != 0) expected.push_back(static_cast<T>(-sum + 3 * sparse[i][j]));
      }
    }
    EXPECT_EQ(c.values.download(), expected);
  }
};

TEST_F(SimtSparse, SpMMInEveryOperationAndOrder) {
  for (const bool coo : {false, true}) {
    for (const auto op_a : {no_transpose, transpose}) {
      for (const auto op_b : {no_transpose, transpose}) {
        for (const auto order : {CUSPARSE_ORDER_ROW, CUSPARSE_ORDER_COL}) {
          check_spmm<float, std::int32_t>(coo, op_a, op_b, order, CUSPARSE_ORDER_ROW);
          check_spmm<double, std::int64_t>(coo, op_a, op_b, order, CUSPARSE_ORDER_COL);
        }
      }
    }
  }
}

TEST_F(SimtSparse, SDDMMInEveryOperationAndOrder) {
  for (const auto op_a : {no_transpose, transpose}) {
    for (const auto op_b : {no_transpose, transpose}) {
      for (const auto order : {CUSPARSE_ORDER_ROW, CUSPARSE_ORDER_COL}) {
        check_sddmm<float, std::int32_t>(op_a, op_b, order);
        check_sddmm<double, std::int64_t>(op_a, op_b, order);
      }
    }
  }
}

// As cuSPARSE 12.6.3: "different index sizes for 'csrRowOffsetsType' (64I) and 'csrColIndType' (32I) is not currently
// supported".
TEST_F(SimtSparse, CsrIndicesHaveOneWidth) {
  const SparseMatrix<float, std::int64_t> a;
  cusparseSpMatDescr_t mixed = nullptr;

  EXPECT_EQ(cusparseCreateCsr(&mixed, 3, 4, 4, a.rows.data(), a.cols.data(), a.values.data(), CUSPARSE_INDEX_64I,
                              CUSPARSE_INDEX_32I, CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F),
            CUSPARSE_STATUS_NOT_SUPPORTED);
}

TEST_F(SimtSparse, DescriptorsRefuseWhatTheLibraryRefuses) {
  constexpr auto invalid = CUSPARSE_STATUS_INVALID_VALUE;
  const SparseMatrix<float, std::int32_t> a;
  float* p = a.values.data();
  cusparseDnMatDescr_t d = nullptr;
  cusparseSpMatDescr_t s = nullptr;
  const auto create_csr = [&](std::int64_t rows, std::int64_t cols, std::int64_t nnz) {
    return cusparseCreateCsr(&s, rows, cols, nnz, a.rows.data(), a.cols.data(), p, CUSPARSE_INDEX_32I,
                             CUSPARSE_INDEX_32I, CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F);
  };

  EXPECT_EQ(cusparseCreateDnMat(&d, 3, 4, 3, p, CUDA_R_32F, CUSPARSE_ORDER_ROW), invalid);
  EXPECT_EQ(cusparseCreateDnMat(&d, 3, 4, 2, p, CUDA_R_32F, CUSPARSE_ORDER_COL), invalid);
  EXPECT_EQ(cusparseCreateDnMat(&d, 1, 1, 1, p + 1, CUDA_R_64F, CUSPARSE_ORDER_ROW), invalid);
  EXPECT_EQ(create_csr(3, 4, 13), invalid);
  EXPECT_EQ(create_csr(-1, 4, 0), invalid);
  EXPECT_EQ(create_csr(3, std::int64_t{1} << 31, 4), invalid);
  EXPECT_EQ(cusparseCooSetPointers(a.descriptor, a.rows.data(), a.cols.data(), p), invalid);
  EXPECT_EQ(cusparseDestroySpMat(nullptr), success);
}

TEST_F(SimtSparse, ProductsRefuseWhatDoesNotFit) {
  const SparseMatrix<float, std::int32_t> a;
  const SparseMatrix<float, std::int32_t> coo(true);
  const DenseMatrix<float> four(4, 2, CUSPARSE_ORDER_ROW);
  const DenseMatrix<float> three(3, 2, CUSPARSE_ORDER_ROW);
  const DenseMatrix<double> wide(4, 2, CUSPARSE_ORDER_ROW);
  const float one = 1;
  const auto spmm = [&](cusparseOperation_t op, const void* alpha, cusparseConstDnMatDescr_t b, void* scratch) {
    return cusparseSpMM(handle, op, no_transpose, alpha, a.descriptor, b, &one, three.descriptor, CUDA_R_32F,
                        CUSPARSE_SPMM_CSR_ALG2, scratch);
  };

  EXPECT_EQ(spmm(no_transpose, &one, four.descriptor, buffer.data()), success);
  EXPECT_EQ(spmm(transpose, &one, four.descriptor, buffer.data()), CUSPARSE_STATUS_INVALID_VALUE);
  EXPECT_EQ(spmm(no_transpose, nullptr, four.descriptor, buffer.data()), CUSPARSE_STATUS_INVALID_VALUE);
  EXPECT_EQ(spmm(no_transpose, &one, four.descriptor, nullptr), CUSPARSE_STATUS_INVALID_VALUE);
  EXPECT_EQ(spmm(no_transpose, &one, wide.descriptor, buffer.data()), CUSPARSE_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(spmm(CUSPARSE_OPERATION_CONJUGATE_TRANSPOSE, &one, four.descriptor, buffer.data()),
            CUSPARSE_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(cusparseSDDMM(handle, no_transpose, transpose, &one, three.descriptor, four.descriptor, &one,
                          coo.descriptor, CUDA_R_32F, CUSPARSE_SDDMM_ALG_DEFAULT, buffer.data()),
            CUSPARSE_STATUS_NOT_SUPPORTED);
}

TEST(SimtSparseWithoutDevice, CannotBeCreated) {
  const simt::Scope scope;
  simt::set_device_count(0);
  cusparseHandle_t handle = nullptr;

  EXPECT_EQ(cusparseCreate(&handle), CUSPARSE_STATUS_NOT_INITIALIZED);
  EXPECT_STREQ(cusparseGetErrorName(CUSPARSE_STATUS_NOT_SUPPORTED), "CUSPARSE_STATUS_NOT_SUPPORTED");
}

}  // namespace
