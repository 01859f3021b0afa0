// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/run_cli.hpp"

namespace rankfill::test {

/// The tool, in a folder of its own.
class Cli : public testing::Test {
 protected:
  /// Fits train.csv on the CPU.
  Outcome fit(std::vector<std::string> flags) const {
    flags.insert(flags.begin(), {"fit", folder / "train.csv", "--device", "cpu", "--rank", "2"});
    return folder.run(flags);
  }

  /// A python that has the module; empty: none.
  std::string python_with(const std::string& module) const {
    for (const std::string candidate : {"python3", "/usr/bin/python3"})
      if (Process({candidate, "-c", "import " + module}, folder.path()).wait().code == 0) return candidate;
    return "";
  }

  CliFolder folder;
};

}  // namespace rankfill::test
