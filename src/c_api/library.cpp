// SPDX-License-Identifier: Apache-2.0
#include <exception>

#include "rankfill/device.hpp"
#include "rankfill/rankfill.h"
#include "rankfill/version.hpp"

namespace {

/// The text of a function of the library, made at the first call; "" when there is no memory for it.
template <std::string (*make)()>
const char* lasting() noexcept {
  try {
    static const std::string text = make();
    return text.c_str();
  } catch (const std::exception&) {
    return "";
  }
}

}  // namespace

const char* rankfill_version(void) { return lasting<&rankfill::version>(); }

const char* rankfill_build_info(void) { return lasting<&rankfill::build_info>(); }

int32_t rankfill_abi_version(void) { return RANKFILL_ABI_VERSION; }

int32_t rankfill_built_with_cuda(void) { return rankfill::built_with_cuda() ? 1 : 0; }

int32_t rankfill_cuda_device_count(void) {
  try {
    return static_cast<int32_t>(rankfill::cuda_devices().size());
  } catch (const std::exception&) {
    return 0;
  }
}
