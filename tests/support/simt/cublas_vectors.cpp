// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>

#include "cublas_context.hpp"

// Sums are taken in double, in order, and rounded once: the real library sums in another order and in the element type,
// so equality with a device is to be expected only within rounding.

namespace simt {
namespace {

/// BLAS: with a negative increment the vector is walked from its far end.
template <class T>
class Strided {
 public:
  Strided(T* p, std::int64_t n, std::int64_t increment)
      : first_(increment < 0 ? p + (1 - n) * increment : p), increment_(increment) {}
  T& operator[](std::int64_t i) const { return first_[i * increment_]; }

 private:
  T* first_;
  std::int64_t increment_;
};

template <class T>
cublasStatus_t axpy(cublasHandle_t handle, std::int64_t n, const T* alpha, const T* x, std::int64_t incx, T* y,
                    std::int64_t incy) {
  if (const auto status = check_handle(handle); status != CUBLAS_STATUS_SUCCESS) return status;
  T a;
  if (const auto status = read_scalar(handle, alpha, a); status != CUBLAS_STATUS_SUCCESS) return status;
  if (n <= 0 || a == T(0)) return CUBLAS_STATUS_SUCCESS;
  if (!all_reachable(x, y)) return CUBLAS_STATUS_EXECUTION_FAILED;
  const DeviceAccess access;
  const Strided<const T> from(x, n, incx);
  const Strided<T> to(y, n, incy);
  for (std::int64_t i = 0; i < n; ++i) to[i] = std::fma(a, from[i], to[i]);
  return CUBLAS_STATUS_SUCCESS;
}

template <class T>
cublasStatus_t copy(cublasHandle_t handle, std::int64_t n, const T* x, std::int64_t incx, T* y, std::int64_t incy) {
  if (const auto status = check_handle(handle); status != CUBLAS_STATUS_SUCCESS) return status;
  if (n <= 0) return CUBLAS_STATUS_SUCCESS;
  if (!all_reachable(x, y)) return CUBLAS_STATUS_EXECUTION_FAILED;
  const DeviceAccess access;
  const Strided<const T> from(x, n, incx);
  const Strided<T> to(y, n, incy);
  for (std::int64_t i = 0; i < n; ++i) to[i] = from[i];
  return CUBLAS_STATUS_SUCCESS;
}

template <class T>
cublasStatus_t scal(cublasHandle_t handle, std::int64_t n, const T* alpha, T* x, std::int64_t incx) {
  if (const auto status = check_handle(handle); status != CUBLAS_STATUS_SUCCESS) return status;
  T a;
  if (const auto status = read_scalar(handle, alpha, a); status != CUBLAS_STATUS_SUCCESS) return status;
  if (n <= 0 || incx <= 0) return CUBLAS_STATUS_SUCCESS;
  if (!all_reachable(x)) return CUBLAS_STATUS_EXECUTION_FAILED;
  const DeviceAccess access;
  for (std::int64_t i = 0; i < n; ++i) x[i * incx] *= a;
  return CUBLAS_STATUS_SUCCESS;
}

template <class T>
cublasStatus_t write_result(cublasHandle_t handle, double value, T* result) {
  if (result == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
  const bool device_mode = handle->pointer_mode == CUBLAS_POINTER_MODE_DEVICE;
  if (!scalar_reachable(result, sizeof(T), device_mode)) return CUBLAS_STATUS_EXECUTION_FAILED;
  const DeviceAccess access;
  *result = static_cast<T>(value);
  return CUBLAS_STATUS_SUCCESS;
}

template <class T>
cublasStatus_t dot(cublasHandle_t handle, std::int64_t n, const T* x, std::int64_t incx, const T* y, std::int64_t incy,
                   T* result) {
  if (const auto status = check_handle(handle); status != CUBLAS_STATUS_SUCCESS) return status;
  if (n <= 0) return write_result(handle, 0, result);
  if (!all_reachable(x, y)) return CUBLAS_STATUS_EXECUTION_FAILED;
  const DeviceAccess access;
  const Strided<const T> a(x, n, incx);
  const Strided<const T> b(y, n, incy);
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return write_result(handle, sum, result);
}

template <class T>
cublasStatus_t nrm2(cublasHandle_t handle, std::int64_t n, const T* x, std::int64_t incx, T* result) {
  if (const auto status = check_handle(handle); status != CUBLAS_STATUS_SUCCESS) return status;
  if (n <= 0 || incx <= 0) return write_result(handle, 0, result);
  if (!all_reachable(x)) return CUBLAS_STATUS_EXECUTION_FAILED;
  const DeviceAccess access;
  double norm = 0;
  for (std::int64_t i = 0; i < n; ++i) norm = std::hypot(norm, static_cast<double>(x[i * incx]));
  return write_result(handle, norm, result);
}

}  // namespace
}  // namespace simt

cublasStatus_t cublasSaxpy(cublasHandle_t handle, int n, const float* alpha, const float* x, int incx, float* y,
                           int incy) {
  return simt::axpy(handle, n, alpha, x, incx, y, incy);
}

cublasStatus_t cublasDaxpy(cublasHandle_t handle, int n, const double* alpha, const double* x, int incx, double* y,
                           int incy) {
  return simt::axpy(handle, n, alpha, x, incx, y, incy);
}

cublasStatus_t cublasSaxpy_64(cublasHandle_t handle, int64_t n, const float* alpha, const float* x, int64_t incx,
                              float* y, int64_t incy) {
  return simt::axpy(handle, n, alpha, x, incx, y, incy);
}

cublasStatus_t cublasDaxpy_64(cublasHandle_t handle, int64_t n, const double* alpha, const double* x, int64_t incx,
                              double* y, int64_t incy) {
  return simt::axpy(handle, n, alpha, x, incx, y, incy);
}

cublasStatus_t cublasScopy(cublasHandle_t handle, int n, const float* x, int incx, float* y, int incy) {
  return simt::copy(handle, n, x, incx, y, incy);
}

cublasStatus_t cublasDcopy(cublasHandle_t handle, int n, const double* x, int incx, double* y, int incy) {
  return simt::copy(handle, n, x, incx, y, incy);
}

cublasStatus_t cublasScopy_64(cublasHandle_t handle, int64_t n, const float* x, int64_t incx, float* y, int64_t incy) {
  return simt::copy(handle, n, x, incx, y, incy);
}

cublasStatus_t cublasDcopy_64(cublasHandle_t handle, int64_t n, const double* x, int64_t incx, double* y,
                              int64_t incy) {
  return simt::copy(handle, n, x, incx, y, incy);
}

cublasStatus_t cublasSscal(cublasHandle_t handle, int n, const float* alpha, float* x, int incx) {
  return simt::scal(handle, n, alpha, x, incx);
}

cublasStatus_t cublasDscal(cublasHandle_t handle, int n, const double* alpha, double* x, int incx) {
  return simt::scal(handle, n, alpha, x, incx);
}

cublasStatus_t cublasSscal_64(cublasHandle_t handle, int64_t n, const float* alpha, float* x, int64_t incx) {
  return simt::scal(handle, n, alpha, x, incx);
}

cublasStatus_t cublasDscal_64(cublasHandle_t handle, int64_t n, const double* alpha, double* x, int64_t incx) {
  return simt::scal(handle, n, alpha, x, incx);
}

cublasStatus_t cublasSdot(cublasHandle_t handle, int n, const float* x, int incx, const float* y, int incy,
                          float* result) {
  return simt::dot(handle, n, x, incx, y, incy, result);
}

cublasStatus_t cublasDdot(cublasHandle_t handle, int n, const double* x, int incx, const double* y, int incy,
                          double* result) {
  return simt::dot(handle, n, x, incx, y, incy, result);
}

cublasStatus_t cublasSdot_64(cublasHandle_t handle, int64_t n, const float* x, int64_t incx, const float* y,
                             int64_t incy, float* result) {
  return simt::dot(handle, n, x, incx, y, incy, result);
}

cublasStatus_t cublasDdot_64(cublasHandle_t handle, int64_t n, const double* x, int64_t incx, const double* y,
                             int64_t incy, double* result) {
  return simt::dot(handle, n, x, incx, y, incy, result);
}

cublasStatus_t cublasSnrm2(cublasHandle_t handle, int n, const float* x, int incx, float* result) {
  return simt::nrm2(handle, n, x, incx, result);
}

cublasStatus_t cublasDnrm2(cublasHandle_t handle, int n, const double* x, int incx, double* result) {
  return simt::nrm2(handle, n, x, incx, result);
}

cublasStatus_t cublasSnrm2_64(cublasHandle_t handle, int64_t n, const float* x, int64_t incx, float* result) {
  return simt::nrm2(handle, n, x, incx, result);
}

cublasStatus_t cublasDnrm2_64(cublasHandle_t handle, int64_t n, const double* x, int64_t incx, double* result) {
  return simt::nrm2(handle, n, x, incx, result);
}
