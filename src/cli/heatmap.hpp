// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "rankfill/tune.hpp"

namespace rankfill::cli {

/// Held-out RMSE as colour over lambda (logarithmic) and rank, one panel per weighting, the best framed; an SVG
/// document.
std::string heatmap_of(const TuneResult& result, const std::string& title, const std::string& subtitle);

}  // namespace rankfill::cli
