// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda.hpp"

#include <algorithm>
#include <string>

#include "backend/cuda_check.hpp"
#include "rankfill/error.hpp"

namespace rankfill {

namespace {

/// *Throws* BackendUnavailable when `device` is not one of the process's devices.
void require_device(int device) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) {
    ignore(cudaGetLastError());
    throw BackendUnavailable("device = cuda:" + std::to_string(device) + ": " + cudaGetErrorString(status));
  }
  if (device < 0 || device >= count)
    throw BackendUnavailable("device = cuda:" + std::to_string(device) + ": there are " + std::to_string(count) +
                             " CUDA devices, from 0");
}

}  // namespace

CudaBackend::CudaBackend(int device) : device_(device) {
  require_device(device);
  try {
    check(cudaSetDevice(device), "cudaSetDevice");
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
    device_name_ = properties.name;
    num_multiprocessors_ = properties.multiProcessorCount;
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    check(cublasCreate(&blas_), "cublasCreate");
    check(cublasSetStream(blas_, stream_), "cublasSetStream");
    // Products of float are products of float: no silent TF32.
    check(cublasSetMathMode(blas_, CUBLAS_PEDANTIC_MATH), "cublasSetMathMode");
    check(cublasSetPointerMode(blas_, CUBLAS_POINTER_MODE_HOST), "cublasSetPointerMode");
    check(cusparseCreate(&sparse_), "cusparseCreate");
    check(cusparseSetStream(sparse_, stream_), "cusparseSetStream");
    check(cusparseSetPointerMode(sparse_, CUSPARSE_POINTER_MODE_HOST), "cusparseSetPointerMode");
  } catch (...) {
    destroy();
    throw;
  }
}

CudaBackend::~CudaBackend() { destroy(); }

void CudaBackend::destroy() noexcept {
  if (stream_) ignore(cudaStreamSynchronize(stream_));
  workspace_ = {};
  staging_.reset();
  if (sparse_) ignore(cusparseDestroy(sparse_));
  if (blas_) ignore(cublasDestroy(blas_));
  if (stream_) ignore(cudaStreamDestroy(stream_));
}

std::string CudaBackend::name() const { return "cuda:" + std::to_string(device_) + " " + device_name_; }

std::uint64_t CudaBackend::free_bytes() const {
  std::size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  return free;
}

void* CudaBackend::allocate(std::size_t bytes, const char* purpose) {
  void* p = nullptr;
  const cudaError_t status = cudaMalloc(&p, bytes);
  if (status == cudaErrorMemoryAllocation) {
    ignore(cudaGetLastError());  // not sticky: the next call must not report it again
    throw OutOfDeviceMemory(bytes, free_bytes(), purpose);
  }
  check(status, "cudaMalloc");
  bytes_ += bytes;
  peak_bytes_ = std::max(peak_bytes_, bytes_);
  return p;
}

void CudaBackend::release(void* p, std::size_t bytes) noexcept {
  ignore(cudaFree(p));
  bytes_ -= bytes;
}

void CudaBackend::upload(void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_), "cudaMemcpyAsync to device");
  wait();
}

void CudaBackend::upload_staged(void* to, const void* from, std::size_t bytes) {
  if (!staging_) staging_ = std::make_unique<CudaStaging>();
  staging_->upload(stream_, to, from, bytes);
}

void CudaBackend::download(void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_), "cudaMemcpyAsync to host");
  wait();
}

void CudaBackend::copy(void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_), "cudaMemcpyAsync on device");
}

void CudaBackend::fill_zero(void* p, std::size_t bytes) {
  check(cudaMemsetAsync(p, 0, bytes, stream_), "cudaMemsetAsync");
}

void CudaBackend::wait() { check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

void* CudaBackend::workspace(std::size_t bytes, const char* purpose) {
  if (workspace_.bytes() < bytes) {
    wait();  // work that still uses the old bytes
    workspace_ = {};
    ++workspace_generation_;
    workspace_ = {*this, static_cast<std::int64_t>(bytes), purpose};
  }
  return workspace_.data();
}

}  // namespace rankfill
