// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "backend/cpu.hpp"

namespace rankfill::testing {

using Backends = ::testing::Types<CpuBackend>;

struct BackendNames {
  template <class B>
  static std::string GetName(int) {
    return "Cpu";
  }
};

template <class B>
std::unique_ptr<B> make_backend() {
  return std::make_unique<B>(2);
}

}  // namespace rankfill::testing
