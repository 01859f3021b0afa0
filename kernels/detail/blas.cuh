// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "backend/cuda.hpp"
#include "backend/cuda_check.hpp"

// cuBLAS by scalar type, and with counts of any size: its classic interface counts in int.

namespace rankfill::blas {

/// Calls body(offset, count) over [0, size) in pieces that an int can count.
template <class Body>
void in_pieces(std::int64_t size, const Body& body) {
  constexpr std::int64_t kPiece = std::int64_t{1} << 30;
  for (std::int64_t first = 0; first < size; first += kPiece)
    body(first, static_cast<int>(std::min(kPiece, size - first)));
}

/// y += alpha x
inline void axpy(CudaBackend& b, int n, float alpha, const float* x, float* y) {
  check(cublasSaxpy(b.blas(), n, &alpha, x, 1, y, 1), "cublasSaxpy");
}
inline void axpy(CudaBackend& b, int n, double alpha, const double* x, double* y) {
  check(cublasDaxpy(b.blas(), n, &alpha, x, 1, y, 1), "cublasDaxpy");
}

/// x *= alpha
inline void scal(CudaBackend& b, int n, float alpha, float* x) {
  check(cublasSscal(b.blas(), n, &alpha, x, 1), "cublasSscal");
}
inline void scal(CudaBackend& b, int n, double alpha, double* x) {
  check(cublasDscal(b.blas(), n, &alpha, x, 1), "cublasDscal");
}

/// C = alpha op(A) op(B) + beta C, column-major, as cuBLAS has it
inline void gemm(CudaBackend& b, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n, int k, float alpha,
                 const float* a, int lda, const float* bb, int ldb, float beta, float* c, int ldc) {
  check(cublasSgemm(b.blas(), op_a, op_b, m, n, k, &alpha, a, lda, bb, ldb, &beta, c, ldc), "cublasSgemm");
}
inline void gemm(CudaBackend& b, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n, int k, double alpha,
                 const double* a, int lda, const double* bb, int ldb, double beta, double* c, int ldc) {
  check(cublasDgemm(b.blas(), op_a, op_b, m, n, k, &alpha, a, lda, bb, ldb, &beta, c, ldc), "cublasDgemm");
}

}  // namespace rankfill::blas
