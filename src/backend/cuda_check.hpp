// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusparse.h>

#include <source_location>

// Status -> exception, for the three libraries.  The no-throw twin is for destructors and swallows on purpose: by then the
// first error has been reported.

namespace rankfill {

/// *Throws* DeviceError with the call, the error's name and text, and file:line; clears CUDA's last error first.
void check(cudaError_t status, const char* call, std::source_location where = std::source_location::current());
void check(cublasStatus_t status, const char* call, std::source_location where = std::source_location::current());
void check(cusparseStatus_t status, const char* call, std::source_location where = std::source_location::current());

inline void ignore(cudaError_t) noexcept {}
inline void ignore(cublasStatus_t) noexcept {}
inline void ignore(cusparseStatus_t) noexcept {}

}  // namespace rankfill
