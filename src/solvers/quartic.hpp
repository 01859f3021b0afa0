// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace rankfill {

/// The step t >= 0 at which c[0] + c[1] t + c[2] t^2 + c[3] t^3 + c[4] t^4 is smallest; 0 when nothing beats t = 0.
/// The polynomial must be bounded below (c[4] > 0, or c[4] = c[3] = 0 and c[2] >= 0).  docs/math.md Eq. 15.
double minimize_quartic(const std::array<double, 5>& c);

}  // namespace rankfill
