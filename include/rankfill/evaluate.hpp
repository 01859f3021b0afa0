// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "rankfill/entries.hpp"
#include "rankfill/model.hpp"

namespace rankfill {

/// How well a model predicts given entries.
struct Evaluation {
  double rmse = 0;  ///< sqrt(mean (M_ij - prediction)^2)
  double mae = 0;   ///< mean |M_ij - prediction|
  std::int64_t num_entries = 0;
  std::int64_t unseen = 0;  ///< entries whose row or column has index -1
};

/// *Throws* InvalidData when an index is out of the model's range or there are no entries.
Evaluation evaluate(const Model& model, const Entries& entries);

}  // namespace rankfill
