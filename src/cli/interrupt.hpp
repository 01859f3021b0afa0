// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace rankfill::cli {

/// The first Ctrl-C, or SIGTERM, sets interrupt_flag(); the second ends the process.
void catch_interrupt();

const std::atomic<bool>& interrupt_flag();

}  // namespace rankfill::cli
