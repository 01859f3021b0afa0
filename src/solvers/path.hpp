// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace rankfill {

/// How a path of lambda is followed.  docs/math.md Eq. 39
struct PathLimits {
  double first_lambda = 0;  ///< 0: from random columns, about sigma_1(P(M))
  double ratio = 0.5;       ///< of one lambda to the one before
  double tolerance = 0;     ///< over when |P(M - U V^T)| <= tolerance |P(M)| ...
  double least_fall = 1;    ///< ... or when that, at lambda = 0, has not fallen to this part of itself ...
  int patience = 5;         ///< ... in so many iterations
};

/// What is known of the point where it ends.
struct PathEnd {
  std::vector<double> singular_values;  ///< of U V^T, largest first
};

}  // namespace rankfill
