// SPDX-License-Identifier: Apache-2.0
#include <cublas_v2.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/simt/control.hpp"
#include "tests/support/simt/testing.hpp"

namespace {

using simt::DeviceArray;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

struct SimtBlas : testing::Test {
  simt::Scope scope;
  cublasHandle_t handle = nullptr;
  void SetUp() override { ASSERT_EQ(cublasCreate(&handle), CUBLAS_STATUS_SUCCESS); }
  void TearDown() override { EXPECT_EQ(cublasDestroy(handle), CUBLAS_STATUS_SUCCESS); }
};

TEST_F(SimtBlas, Vectors) {
  const DeviceArray<float> x(std::vector<float>{1, 2, 3, 4});
  const DeviceArray<float> y(std::vector<float>{10, 20, 30, 40});
  const float two = 2;
  float result = 0;

  EXPECT_EQ(cublasSdot(handle, 2, x.data(), 2, y.data(), 1, &result), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, 1 * 10 + 3 * 20);
  EXPECT_EQ(cublasSdot(handle, 2, x.data(), -2, y.data(), 1, &result), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, 3 * 10 + 1 * 20);
  EXPECT_EQ(cublasSnrm2_64(handle, 2, x.data() + 2, 1, &result), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, 5);
  EXPECT_EQ(cublasSaxpy(handle, 4, &two, x.data(), 1, y.data(), 1), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(y.download(), (std::vector<float>{12, 24, 36, 48}));
  EXPECT_EQ(cublasSscal(handle, 2, &two, y.data(), 2), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(y.download(), (std::vector<float>{24, 24, 72, 48}));
  EXPECT_EQ(cublasScopy(handle, 3, x.data(), 1, y.data() + 1, 1), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(y.download(), (std::vector<float>{24, 1, 2, 3}));
}

TEST_F(SimtBlas, ScalarsLieWhereThePointerModeSays) {
  const DeviceArray<double> x(std::vector<double>{3, 4});
  const DeviceArray<double> scalar(std::vector<double>{2});
  double on_host = 2;

  EXPECT_EQ(cublasDscal(handle, 2, scalar.data(), x.data(), 1), CUBLAS_STATUS_EXECUTION_FAILED);
  ASSERT_EQ(cublasSetPointerMode(handle, CUBLAS_POINTER_MODE_DEVICE), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasDscal(handle, 2, &on_host, x.data(), 1), CUBLAS_STATUS_EXECUTION_FAILED);
  EXPECT_EQ(cublasDscal(handle, 2, scalar.data(), x.data(), 1), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasDnrm2(handle, 2, x.data(), 1, scalar.data()), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(scalar.download()[0], 10);
}

// A is 2 x 3, B is 3 x 2, both stored column by column with one row of padding.
TEST_F(SimtBlas, GemmInAllFourTransposes) {
  const float pad = not_a_number;
  const float a[2][3] = {{1, 2, 3}, {4, 5, 6}};
  const float b[3][2] = {{7, 8}, {9, 10}, {11, 12}};
  const DeviceArray<float> a_n(std::vector<float>{1, 4, pad, 2, 5, pad, 3, 6, pad});
  const DeviceArray<float> a_t(std::vector<float>{1, 2, 3, pad, 4, 5, 6, pad});
  const DeviceArray<float> b_n(std::vector<float>{7, 9, 11, pad, 8, 10, 12, pad});
  const DeviceArray<float> b_t(std::vector<float>{7, 8, pad, 9, 10, pad, 11, 12, pad});
  const float half = 0.5F;
  const float three = 3;

  for (const auto transa : {CUBLAS_OP_N, CUBLAS_OP_T}) {
    for (const auto transb : {CUBLAS_OP_N, CUBLAS_OP_T}) {
      const auto& left = transa == CUBLAS_OP_N ? a_n : a_t;
      const auto& right = transb == CUBLAS_OP_N ? b_n : b_t;
      const int lda = transa == CUBLAS_OP_N ? 3 : 4;
      const int ldb = transb == CUBLAS_OP_N ? 4 : 3;
      const DeviceArray<float> c(std::vector<float>{1, 2, pad, 3, 4, pad});
      ASSERT_EQ(
          cublasSgemm(handle, transa, transb, 2, 2, 3, &half, left.data(), lda, right.data(), ldb, &three, c.data(), 3),
          CUBLAS_STATUS_SUCCESS);
      const auto values = c.download();
      for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 2; ++j) {
          float product = 0;
          for (int k = 0; k < 3; ++k) product += a[i][k] * b[k][j];
          EXPECT_EQ(values[static_cast<std::size_t>(i + 3 * j)],
                    0.5F * product + 3.0F * static_cast<float>(1 + i + 2 * j));
        }
      }
      EXPECT_TRUE(std::isnan(values[2]));
    }
  }
}

TEST_F(SimtBlas, BetaZeroOverwritesNaN) {
  const DeviceArray<double> a(std::vector<double>{2, 3});
  const DeviceArray<double> c(2);
  const double one = 1;
  const double zero = 0;

  EXPECT_EQ(cublasDgemmStridedBatched(handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, a.data(), 1, 1, a.data(), 1, 1,
                                      &zero, c.data(), 1, 1, 2),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(c.download(), (std::vector<double>{4, 9}));
}

TEST_F(SimtBlas, GeamTransposesAndDgmmScales) {
  const DeviceArray<float> a(std::vector<float>{1, 4, 2, 5, 3, 6});  // 2 x 3
  const DeviceArray<float> c(6);
  const DeviceArray<float> x(std::vector<float>{10, 100});
  const float one = 1;
  const float zero = 0;

  EXPECT_EQ(cublasSgeam(handle, CUBLAS_OP_T, CUBLAS_OP_N, 3, 2, &one, a.data(), 2, &zero, nullptr, 3, c.data(), 3),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(c.download(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(cublasSdgmm(handle, CUBLAS_SIDE_LEFT, 2, 3, a.data(), 2, x.data(), 1, c.data(), 2), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(c.download(), (std::vector<float>{10, 400, 20, 500, 30, 600}));
  EXPECT_EQ(cublasSdgmm(handle, CUBLAS_SIDE_RIGHT, 3, 2, a.data(), 3, x.data(), 1, c.data(), 3), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(c.download(), (std::vector<float>{10, 40, 20, 500, 300, 600}));
}

TEST_F(SimtBlas, RefusesBadArguments) {
  const DeviceArray<float> a(4);
  const float one = 1;
  float* p = a.data();
  std::vector<float> host(4);

  EXPECT_EQ(cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, p, 1, p, 2, &one, p, 2),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, -1, 2, 2, &one, p, 2, p, 2, &one, p, 2),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, nullptr, p, 2, p, 2, &one, p, 2),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasSgeam(handle, CUBLAS_OP_T, CUBLAS_OP_N, 2, 2, &one, p, 2, &one, p, 2, p, 2),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasSscal(handle, 4, &one, host.data(), 1), CUBLAS_STATUS_EXECUTION_FAILED);
  EXPECT_EQ(cublasSscal(nullptr, 4, &one, p, 1), CUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_STREQ(cublasGetStatusName(CUBLAS_STATUS_INVALID_VALUE), "CUBLAS_STATUS_INVALID_VALUE");
}

TEST(SimtBlasWithoutDevice, CannotBeCreated) {
  const simt::Scope scope;
  simt::set_device_count(0);
  cublasHandle_t handle = nullptr;

  EXPECT_EQ(cublasCreate(&handle), CUBLAS_STATUS_NOT_INITIALIZED);
}

}  // namespace
