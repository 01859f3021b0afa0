// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "rankfill/model.hpp"

namespace rankfill::test {

/// A model of smooth, distinct numbers.
template <class T>
Model sample_model(std::int64_t num_rows, std::int64_t num_cols, int rank, bool with_bias) {
  const auto fill = [&](std::int64_t count, double phase) {
    std::vector<T> values(static_cast<std::size_t>(count * rank));
    for (std::size_t k = 0; k < values.size(); ++k)
      values[k] = static_cast<T>(std::sin(phase + 0.7 * static_cast<double>(k)));
    return FactorMatrix{count, rank, std::move(values)};
  };
  Model model;
  model.row_factors = fill(num_rows, 0.1);
  model.col_factors = fill(num_cols, 1.3);
  model.mean = 3.25;
  if (with_bias) {
    for (std::int64_t i = 0; i < num_rows; ++i) model.row_bias.push_back(0.5 * static_cast<double>(i));
    for (std::int64_t j = 0; j < num_cols; ++j) model.col_bias.push_back(-0.25 * static_cast<double>(j));
  }
  model.row_ids = Ids::range(num_rows);
  model.col_ids = Ids::range(num_cols);
  model.options_json = R"({"rank": 2})";
  return model;
}

/// A directory of its own, gone at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "rankfill-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace rankfill::test
