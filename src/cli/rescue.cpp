// SPDX-License-Identifier: Apache-2.0
#include "cli/rescue.hpp"

#include <unistd.h>

#include <filesystem>
#include <utility>

#include "rankfill/error.hpp"

namespace rankfill::cli {

void save_or_rescue(std::string& file, const Model& model) {
  try {
    save_model(model, file);
  } catch (const FileError& error) {
    const std::string wanted = std::exchange(file, "");
    const std::string what = std::string(error.what()).substr(wanted.size() + 2);  // without "FILE: "
    std::error_code ignored;
    const auto rescued =
        std::filesystem::temp_directory_path(ignored) / ("rankfill-model-" + std::to_string(::getpid()) + ".npz");
    try {
      save_model(model, rescued);
    } catch (const FileError&) {
      throw error;
    }
    file = rescued.string();
    throw FileError(wanted, what, "the model was saved as " + file + " instead");
  }
}

}  // namespace rankfill::cli
