// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rankfill::cli {

/// What the process returns.  docs/errors.md.
enum ExitCode : int {
  kOk = 0,
  kFailure = 1,       ///< anything not below, and a check that failed
  kUsage = 2,         ///< the command line, or an option's value
  kBadData = 3,       ///< a file was read, and cannot be used
  kDevice = 4,        ///< no such device, out of its memory, or an error on it
  kFile = 5,          ///< a file cannot be opened, read or written
  kInterrupted = 130  ///< Ctrl-C
};

}  // namespace rankfill::cli
