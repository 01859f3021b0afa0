// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda_check.hpp"

#include <string>

#include "rankfill/error.hpp"

namespace rankfill {

namespace {

[[noreturn]] void fail(const char* call, const std::string& name, const std::string& text, std::source_location where) {
  throw DeviceError(std::string(call) + ": " + name + ": " + text + " (" + where.file_name() + ":" +
                    std::to_string(where.line()) + ")");
}

}  // namespace

void check(cudaError_t status, const char* call, std::source_location where) {
  if (status == cudaSuccess) return;
  ignore(cudaGetLastError());
  fail(call, cudaGetErrorName(status), cudaGetErrorString(status), where);
}

void check(cublasStatus_t status, const char* call, std::source_location where) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  ignore(cudaGetLastError());
  fail(call, cublasGetStatusName(status), cublasGetStatusString(status), where);
}

void check(cusparseStatus_t status, const char* call, std::source_location where) {
  if (status == CUSPARSE_STATUS_SUCCESS) return;
  ignore(cudaGetLastError());
  fail(call, cusparseGetErrorName(status), cusparseGetErrorString(status), where);
}

}  // namespace rankfill
