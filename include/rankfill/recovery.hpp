// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace rankfill {

/// What Options::recover came to.
///
/// | value         | the entries fitted                | the entries held out to check                          |
/// |---------------|-----------------------------------|--------------------------------------------------------|
/// | recovered     | within RecoveryOptions::tolerance | predicted as well, up to a factor of 10                |
/// | noisy         | not so well                       | predicted as well, up to a factor of 10, within 1e-2   |
/// | not_recovered | any                               | not so: what is not observed is not to be relied on    |
/// | unchecked     | within the tolerance              | there are none                                         |
enum class RecoveryVerdict { recovered, noisy, not_recovered, unchecked };

std::string_view to_string(RecoveryVerdict verdict);

/// How far a recovery is to be trusted.  docs/math.md Eq. 38-41
struct Recovery {
  RecoveryVerdict verdict = RecoveryVerdict::unchecked;
  int rank = 0;
  bool rank_estimated = false;
  int paths = 1;  ///< of lambda that were followed: more where the rank was looked for, or the first path failed

  /// |Omega| / (k (m + n - k)): the entries fitted for each number that a matrix of this rank is free to choose.  Rows and
  /// columns without entries do not count.
  double oversampling = 0;
  double train_residual = 0;                                         ///< |P(M - U V^T)| / |P(M)|, centred
  double check_residual = std::numeric_limits<double>::quiet_NaN();  ///< the same over the entries held out
  std::int64_t num_checked = 0;  ///< of those, the ones whose row and column have at least k entries that were fitted
  /// Rows and columns with fewer than k entries: many choices of their factors fit.
  std::int64_t undetermined_rows = 0, undetermined_cols = 0;
  std::vector<double> singular_values;  ///< of U V^T, largest first; right to 1e-8 of the largest
};

/// "recovered: ...", or what is in the way, in one sentence.
std::string describe(const Recovery& recovery);

}  // namespace rankfill
