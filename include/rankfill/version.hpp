// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace rankfill {

/// "0.1.0"
std::string version();

/// One line on how this library was built: version, compiler, scalar widths, CUDA version and architectures or "no CUDA".
std::string build_info();

}  // namespace rankfill
