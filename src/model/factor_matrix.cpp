// SPDX-License-Identifier: Apache-2.0
#include "rankfill/model.hpp"

namespace rankfill {

double FactorMatrix::operator()(std::int64_t row, int column) const {
  const auto at = static_cast<std::size_t>(row * rank + column);
  return std::visit([&](const auto& stored) { return static_cast<double>(stored[at]); }, values);
}

}  // namespace rankfill
