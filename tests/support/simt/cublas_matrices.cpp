// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>

#include "cublas_context.hpp"

// Sums are taken in double, in order, and rounded once; see cublas_vectors.cpp.

namespace simt {
namespace {

bool valid(cublasOperation_t op) { return op >= CUBLAS_OP_N && op <= CUBLAS_OP_C; }

/// op(A) of a column-major A with leading dimension ld.
template <class T>
struct View {
  const T* data;
  std::int64_t ld;
  bool transposed;
  T operator()(std::int64_t i, std::int64_t j) const { return transposed ? data[j + i * ld] : data[i + j * ld]; }
};

/// ld against the rows of the stored matrix, whose op is rows x cols.
bool ld_fits(std::int64_t ld, cublasOperation_t op, std::int64_t rows, std::int64_t cols) {
  return ld >= std::max<std::int64_t>(1, op == CUBLAS_OP_N ? rows : cols);
}

template <class T>
cublasStatus_t gemm_strided_batched(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb,
                                    std::int64_t m, std::int64_t n, std::int64_t k, const T* alpha, const T* A,
                                    std::int64_t lda, long long stride_a, const T* B, std::int64_t ldb,
                                    long long stride_b, const T* beta, T* C, std::int64_t ldc, long long stride_c,
                                    std::int64_t batch_count) {
  if (const auto status = check_handle(handle); status != CUBLAS_STATUS_SUCCESS) return status;
  if (m < 0 || n < 0 || k < 0 || batch_count < 0 || !valid(transa) || !valid(transb))
    return CUBLAS_STATUS_INVALID_VALUE;
  if (!ld_fits(lda, transa, m, k) || !ld_fits(ldb, transb, k, n) || ldc < std::max<std::int64_t>(1, m)) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  T a, b;
  if (const auto status = read_scalar(handle, alpha, a); status != CUBLAS_STATUS_SUCCESS) return status;
  if (const auto status = read_scalar(handle, beta, b); status != CUBLAS_STATUS_SUCCESS) return status;
  if (m == 0 || n == 0 || batch_count == 0) return CUBLAS_STATUS_SUCCESS;
  const bool reads_product = k > 0 && a != T(0);
  if (!all_reachable(C) || (reads_product && !all_reachable(A, B))) return CUBLAS_STATUS_EXECUTION_FAILED;
  const DeviceAccess access;
  for (std::int64_t batch = 0; batch < batch_count; ++batch) {
    const View<T> left{A + batch * stride_a, lda, transa != CUBLAS_OP_N};
    const View<T> right{B + batch * stride_b, ldb, transb != CUBLAS_OP_N};
    T* out = C + batch * stride_c;
    for (std::int64_t j = 0; j < n; ++j) {
      for (std::int64_t i = 0; i < m; ++i) {
        double sum = 0;
        for (std::int64_t p = 0; reads_product && p < k; ++p) {
          sum += static_cast<double>(left(i, p)) * static_cast<double>(right(p, j));
        }
        T& c = out[i + j * ldc];
        // beta = 0 overwrites: C need not hold numbers.
        const double kept = b == T(0) ? 0.0 : static_cast<double>(b) * static_cast<double>(c);
        c = static_cast<T>(static_cast<double>(a) * sum + kept);
      }
    }
  }
  return CUBLAS_STATUS_SUCCESS;
}

template <class T>
cublasStatus_t gemm(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, std::int64_t m,
                    std::int64_t n, std::int64_t k, const T* alpha, const T* A, std::int64_t lda, const T* B,
                    std::int64_t ldb, const T* beta, T* C, std::int64_t ldc) {
  return gemm_strided_batched(handle, transa, transb, m, n, k, alpha, A, lda, 0, B, ldb, 0, beta, C, ldc, 0, 1);
}

template <class T>
cublasStatus_t geam(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, std::int64_t m,
                    std::int64_t n, const T* alpha, const T* A, std::int64_t lda, const T* beta, const T* B,
                    std::int64_t ldb, T* C, std::int64_t ldc) {
  if (const auto status = check_handle(handle); status != CUBLAS_STATUS_SUCCESS) return status;
  if (m < 0 || n < 0 || !valid(transa) || !valid(transb)) return CUBLAS_STATUS_INVALID_VALUE;
  if (!ld_fits(lda, transa, m, n) || !ld_fits(ldb, transb, m, n) || ldc < std::max<std::int64_t>(1, m)) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  // In place only without a transpose and with the same leading dimension.
  if ((C == A && (transa != CUBLAS_OP_N || lda != ldc)) || (C == B && (transb != CUBLAS_OP_N || ldb != ldc))) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  T a, b;
  if (const auto status = read_scalar(handle, alpha, a); status != CUBLAS_STATUS_SUCCESS) return status;
  if (const auto status = read_scalar(handle, beta, b); status != CUBLAS_STATUS_SUCCESS) return status;
  if (m == 0 || n == 0) return CUBLAS_STATUS_SUCCESS;
  const bool reads_a = a != T(0);
  const bool reads_b = b != T(0);
  if (!all_reachable(C) || (reads_a && !all_reachable(A)) || (reads_b && !all_reachable(B))) {
    return CUBLAS_STATUS_EXECUTION_FAILED;
  }
  const DeviceAccess access;
  const View<T> left{A, lda, transa != CUBLAS_OP_N};
  const View<T> right{B, ldb, transb != CUBLAS_OP_N};
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t i = 0; i < m; ++i) {
      C[i + j * ldc] = (reads_a ? a * left(i, j) : T(0)) + (reads_b ? b * right(i, j) : T(0));
    }
  }
  return CUBLAS_STATUS_SUCCESS;
}

/// C = diag(x) A or A diag(x).
template <class T>
cublasStatus_t dgmm(cublasHandle_t handle, cublasSideMode_t mode, std::int64_t m, std::int64_t n, const T* A,
                    std::int64_t lda, const T* x, std::int64_t incx, T* C, std::int64_t ldc) {
  if (const auto status = check_handle(handle); status != CUBLAS_STATUS_SUCCESS) return status;
  const std::int64_t least = std::max<std::int64_t>(1, m);
  if (m < 0 || n < 0 || lda < least || ldc < least || (mode != CUBLAS_SIDE_LEFT && mode != CUBLAS_SIDE_RIGHT)) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  if (m == 0 || n == 0) return CUBLAS_STATUS_SUCCESS;
  if (!all_reachable(A, x, C)) return CUBLAS_STATUS_EXECUTION_FAILED;
  const DeviceAccess access;
  const std::int64_t length = mode == CUBLAS_SIDE_LEFT ? m : n;
  const T* first = incx < 0 ? x + (1 - length) * incx : x;
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t i = 0; i < m; ++i) {
      C[i + j * ldc] = A[i + j * lda] * first[(mode == CUBLAS_SIDE_LEFT ? i : j) * incx];
    }
  }
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace
}  // namespace simt

cublasStatus_t cublasSgeam(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n,
                           const float* alpha, const float* A, int lda, const float* beta, const float* B, int ldb,
                           float* C, int ldc) {
  return simt::geam(handle, transa, transb, m, n, alpha, A, lda, beta, B, ldb, C, ldc);
}

cublasStatus_t cublasDgeam(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n,
                           const double* alpha, const double* A, int lda, const double* beta, const double* B, int ldb,
                           double* C, int ldc) {
  return simt::geam(handle, transa, transb, m, n, alpha, A, lda, beta, B, ldb, C, ldc);
}

cublasStatus_t cublasSgeam_64(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int64_t m,
                              int64_t n, const float* alpha, const float* A, int64_t lda, const float* beta,
                              const float* B, int64_t ldb, float* C, int64_t ldc) {
  return simt::geam(handle, transa, transb, m, n, alpha, A, lda, beta, B, ldb, C, ldc);
}

cublasStatus_t cublasDgeam_64(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int64_t m,
                              int64_t n, const double* alpha, const double* A, int64_t lda, const double* beta,
                              const double* B, int64_t ldb, double* C, int64_t ldc) {
  return simt::geam(handle, transa, transb, m, n, alpha, A, lda, beta, B, ldb, C, ldc);
}

cublasStatus_t cublasSdgmm(cublasHandle_t handle, cublasSideMode_t mode, int m, int n, const float* A, int lda,
                           const float* x, int incx, float* C, int ldc) {
  return simt::dgmm(handle, mode, m, n, A, lda, x, incx, C, ldc);
}

cublasStatus_t cublasDdgmm(cublasHandle_t handle, cublasSideMode_t mode, int m, int n, const double* A, int lda,
                           const double* x, int incx, double* C, int ldc) {
  return simt::dgmm(handle, mode, m, n, A, lda, x, incx, C, ldc);
}

cublasStatus_t cublasSdgmm_64(cublasHandle_t handle, cublasSideMode_t mode, int64_t m, int64_t n, const float* A,
                              int64_t lda, const float* x, int64_t incx, float* C, int64_t ldc) {
  return simt::dgmm(handle, mode, m, n, A, lda, x, incx, C, ldc);
}

cublasStatus_t cublasDdgmm_64(cublasHandle_t handle, cublasSideMode_t mode, int64_t m, int64_t n, const double* A,
                              int64_t lda, const double* x, int64_t incx, double* C, int64_t ldc) {
  return simt::dgmm(handle, mode, m, n, A, lda, x, incx, C, ldc);
}

cublasStatus_t cublasSgemm(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n,
                           int k, const float* alpha, const float* A, int lda, const float* B, int ldb,
                           const float* beta, float* C, int ldc) {
  return simt::gemm(handle, transa, transb, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc);
}

cublasStatus_t cublasDgemm(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n,
                           int k, const double* alpha, const double* A, int lda, const double* B, int ldb,
                           const double* beta, double* C, int ldc) {
  return simt::gemm(handle, transa, transb, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc);
}

cublasStatus_t cublasSgemm_64(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int64_t m,
                              int64_t n, int64_t k, const float* alpha, const float* A, int64_t lda, const float* B,
                              int64_t ldb, const float* beta, float* C, int64_t ldc) {
  return simt::gemm(handle, transa, transb, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc);
}

cublasStatus_t cublasDgemm_64(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int64_t m,
                              int64_t n, int64_t k, const double* alpha, const double* A, int64_t lda, const double* B,
                              int64_t ldb, const double* beta, double* C, int64_t ldc) {
  return simt::gemm(handle, transa, transb, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc);
}

cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb,
                                         int m, int n, int k, const float* alpha, const float* A, int lda,
                                         long long int strideA, const float* B, int ldb, long long int strideB,
                                         const float* beta, float* C, int ldc, long long int strideC, int batchCount) {
  return simt::gemm_strided_batched(handle, transa, transb, m, n, k, alpha, A, lda, strideA, B, ldb, strideB, beta, C,
                                    ldc, strideC, batchCount);
}

cublasStatus_t cublasDgemmStridedBatched(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb,
                                         int m, int n, int k, const double* alpha, const double* A, int lda,
                                         long long int strideA, const double* B, int ldb, long long int strideB,
                                         const double* beta, double* C, int ldc, long long int strideC,
                                         int batchCount) {
  return simt::gemm_strided_batched(handle, transa, transb, m, n, k, alpha, A, lda, strideA, B, ldb, strideB, beta, C,
                                    ldc, strideC, batchCount);
}

cublasStatus_t cublasSgemmStridedBatched_64(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb,
                                            int64_t m, int64_t n, int64_t k, const float* alpha, const float* A,
                                            int64_t lda, long long int strideA, const float* B, int64_t ldb,
                                            long long int strideB, const float* beta, float* C, int64_t ldc,
                                            long long int strideC, int64_t batchCount) {
  return simt::gemm_strided_batched(handle, transa, transb, m, n, k, alpha, A, lda, strideA, B, ldb, strideB, beta, C,
                                    ldc, strideC, batchCount);
}

cublasStatus_t cublasDgemmStridedBatched_64(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb,
                                            int64_t m, int64_t n, int64_t k, const double* alpha, const double* A,
                                            int64_t lda, long long int strideA, const double* B, int64_t ldb,
                                            long long int strideB, const double* beta, double* C, int64_t ldc,
                                            long long int strideC, int64_t batchCount) {
  return simt::gemm_strided_batched(handle, transa, transb, m, n, k, alpha, A, lda, strideA, B, ldb, strideB, beta, C,
                                    ldc, strideC, batchCount);
}
