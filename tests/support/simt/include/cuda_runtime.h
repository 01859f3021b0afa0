// SPDX-License-Identifier: Apache-2.0
#pragma once

// What nvcc gives a .cu file: the runtime, the built-in variables and functions, and the typed launch.

#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../emulator.hpp"
#include "../launch.hpp"
#include "cuda_runtime_api.h"
#include "device_functions.h"
#include "warp_functions.h"

template <class T>
cudaError_t cudaMallocAsync(T** devPtr, size_t size, cudaStream_t stream) {
  return cudaMallocAsync(reinterpret_cast<void**>(devPtr), size, stream);
}

template <class T>
cudaError_t cudaMallocHost(T** ptr, size_t size) {
  return cudaMallocHost(reinterpret_cast<void**>(ptr), size);
}

template <class T>
cudaError_t cudaFuncSetAttribute(T* func, cudaFuncAttribute attr, int value) {
  return cudaFuncSetAttribute(reinterpret_cast<const void*>(func), attr, value);
}

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...), "kernel parameters are copied byte by byte");
  struct Bound {
    void (*kernel)(Parameters...);
    std::tuple<Parameters...> parameters;
  };
  const std::shared_ptr<const Bound> bound(new Bound{kernel, {std::forward<Arguments>(arguments)...}});
  const auto call = [](const void* arguments_of_kernel) {
    const auto& b = *static_cast<const Bound*>(arguments_of_kernel);
    std::apply(b.kernel, b.parameters);
  };
  return simt::launch(*config, reinterpret_cast<const void*>(kernel), simt::BoundKernel{call, bound});
}
