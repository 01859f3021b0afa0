// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "include/cublas_v2.h"
#include "capture.hpp"

struct cublasContext {
  cudaStream_t stream = nullptr;
  cublasPointerMode_t pointer_mode = CUBLAS_POINTER_MODE_HOST;
  cublasMath_t math_mode = CUBLAS_DEFAULT_MATH;
  cublasAtomicsMode_t atomics_mode = CUBLAS_ATOMICS_NOT_ALLOWED;
};

namespace simt {

/// A launch that the real library would lose to an illegal access: a vector or matrix that is not device memory.
template <class... Pointers>
bool all_reachable(Pointers... pointers) {
  return (device_reachable(pointers) && ...);
}

/// Reads alpha or beta as the pointer mode says.  A pointer of the wrong kind crashes the real library; here it is a
/// failed execution.
template <class T>
cublasStatus_t read_scalar(cublasHandle_t handle, const T* p, T& value) {
  if (p == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
  const bool device_mode = handle->pointer_mode == CUBLAS_POINTER_MODE_DEVICE;
  if (!scalar_reachable(p, sizeof(T), device_mode)) return CUBLAS_STATUS_EXECUTION_FAILED;
  const DeviceAccess access;
  value = *p;
  return CUBLAS_STATUS_SUCCESS;
}

/// Calls in a capture are not emulated.
inline cublasStatus_t check_handle(cublasHandle_t handle) {
  if (handle == nullptr || !is_handle(handle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (Capture* const capture = capture_of(handle->stream)) {
    invalidate(*capture, cudaErrorNotSupported);
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  settle(handle->stream);
  return device_state() == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // namespace simt
