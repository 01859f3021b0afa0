// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "rankfill/recovery.hpp"

namespace rankfill {

std::string_view to_string(RecoveryVerdict verdict) {
  switch (verdict) {
    case RecoveryVerdict::recovered: return "recovered";
    case RecoveryVerdict::noisy: return "noisy";
    case RecoveryVerdict::not_recovered: return "not_recovered";
    case RecoveryVerdict::unchecked: return "unchecked";
  }
  return "unknown";
}

std::string describe(const Recovery& r) {
  const auto format = [](const char* pattern, auto... values) {
    char buffer[256];
    std::snprintf(buffer, sizeof buffer, pattern, values...);
    return std::string(buffer);
  };
  const std::string rank =
      format("rank %d%s, oversampling %.3g", r.rank, r.rank_estimated ? " (estimated)" : "", r.oversampling);
  const std::string checked = format("relative residual %.1e where fitted, %.1e on %lld entries held out",
                                     r.train_residual, r.check_residual, static_cast<long long>(r.num_checked));
  switch (r.verdict) {
    case RecoveryVerdict::recovered: return "recovered: " + rank + "; " + checked;
    case RecoveryVerdict::noisy: return "recovered up to the noise of the data: " + rank + "; " + checked;
    case RecoveryVerdict::unchecked:
      return format("fitted, and not checked: %s; relative residual %.1e, and no entry was held out", rank.c_str(),
                    r.train_residual);
    case RecoveryVerdict::not_recovered: break;
  }
  return "not recovered: " + rank + "; " +
         (r.num_checked > 0 ? checked : format("relative residual %.1e where fitted", r.train_residual));
}

}  // namespace rankfill
