// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "backend/cpu.hpp"
#include "backend/cuda.hpp"
#include "rankfill/device.hpp"

namespace rankfill::testing {

/// The backends that typed test suites run over.
using Backends = ::testing::Types<CpuBackend, CudaBackend>;

/// Names the type in test names, so that device tests can be picked by "Cuda".
struct BackendNames {
  template <class B>
  static std::string GetName(int) {
    return std::is_same_v<B, CudaBackend> ? "Cuda" : "Cpu";
  }
};

/// A backend of the type, or nullptr where there is no such device: then skip.
template <class B>
std::unique_ptr<B> make_backend() {
  if constexpr (std::is_same_v<B, CudaBackend>)
    return cuda_devices().empty() ? nullptr : std::make_unique<CudaBackend>(0);
  else
    return std::make_unique<CpuBackend>(2);
}

}  // namespace rankfill::testing
