// SPDX-License-Identifier: Apache-2.0
#include "solvers/quartic.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace rankfill {

namespace {

/// Real roots of a + b x + c x^2, ascending.
std::vector<double> quadratic_roots(double a, double b, double c) {
  if (c == 0) return b == 0 ? std::vector<double>{} : std::vector<double>{-a / b};
  const double under = b * b - 4 * a * c;
  if (under < 0) return {};
  const double q = -0.5 * (b + std::copysign(std::sqrt(under), b));  // no cancellation
  std::vector<double> roots{q / c};
  if (q != 0) roots.push_back(a / q);
  std::sort(roots.begin(), roots.end());
  return roots;
}

}  // namespace

double minimize_quartic(const std::array<double, 5>& c) {
  const auto value = [&](double t) { return t * (c[1] + t * (c[2] + t * (c[3] + t * c[4]))); };  // minus c[0]
  const auto slope = [&](double t) { return c[1] + t * (2 * c[2] + t * (3 * c[3] + t * 4 * c[4])); };

  // The slope is monotone between the roots of its derivative: bracket a sign change in each piece and bisect.
  std::vector<double> edges{0};
  for (const double t : quadratic_roots(2 * c[2], 6 * c[3], 12 * c[4]))
    if (t > 0 && std::isfinite(t)) edges.push_back(t);
  double far = std::max(1e-30, edges.back());
  for (int doubling = 0; doubling < 2000 && slope(far) <= 0 && std::isfinite(far); ++doubling) far *= 2;
  if (!std::isfinite(far) || !(slope(far) > 0)) return 0;
  edges.push_back(far);

  double best = 0;
  for (std::size_t piece = 0; piece + 1 < edges.size(); ++piece) {
    double low = edges[piece], high = edges[piece + 1];
    if (!(slope(low) < 0 && slope(high) >= 0)) continue;  // a minimum has the slope rising through zero
    for (int halving = 0; halving < 200 && low < high; ++halving) {
      const double middle = low + (high - low) / 2;
      if (middle == low || middle == high) break;
      (slope(middle) < 0 ? low : high) = middle;
    }
    if (value(low) < value(best)) best = low;
  }
  return best;
}

}  // namespace rankfill
