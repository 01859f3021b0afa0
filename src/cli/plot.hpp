// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "rankfill/summary.hpp"

namespace rankfill::cli {

/// Objective and RMSE against seconds and against passes over the data, as SVG.
/// `heldout_name`: what the held-out curve is called; "" when there is none.  The point that was returned is ringed: with
/// `keeps_best` the one of the lowest held-out RMSE, else the last.
std::string plot_of(const Summary& summary, const std::string& title, const std::string& subtitle,
                    const std::string& heldout_name, bool keeps_best);

}  // namespace rankfill::cli
