// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "prepared.hpp"
#include "rankfill/tune.hpp"

namespace rankfill {

/// One way to hold out: what is fitted, and what is kept to measure by.
struct TunePart {
  const Entries* train = nullptr;
  const Entries* holdout = nullptr;
};

/// Cuts and prepares all parts and calls `use` with them; they live as long as that call.
void with_tune_parts(const Entries& entries, const TuneOptions& options, const Entries* validation,
                     const std::function<void(const std::vector<TunePart>&, const std::vector<PreparedData>&)>& use);

/// *Throws* InvalidOption for the first violated rule.
void require_valid(const TuneOptions& options);

}  // namespace rankfill
