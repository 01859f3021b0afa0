// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "rankfill/certificate.hpp"

namespace rankfill {

std::string describe(const Certificate& c) {
  constexpr double kClosed = 1e-3;  // of the gap: not worth a word on what would close it
  const auto format = [](const char* pattern, auto... values) {
    char buffer[256];
    std::snprintf(buffer, sizeof buffer, pattern, values...);
    return std::string(buffer);
  };
  std::string text = format("within %.2g %% of the global optimum over all ranks (effective rank %d of %d)",
                            100 * c.relative_gap, c.effective_rank, c.rank);
  if (c.rank_too_small)
    return text + format(
                      "; rank %d is too small: sigma_1(R) = %.4g lambda, and one more column lowers the objective by "
                      "%.2g %% at least",
                      c.rank, c.spectral_norm_ratio, 100 * c.next_column_gain);
  if (c.relative_gap > kClosed)
    text += format("; not converged yet: relative gradient %.2g, sigma_1(R) = %.4g lambda", c.relative_gradient,
                   c.spectral_norm_ratio);
  return text;
}

}  // namespace rankfill
