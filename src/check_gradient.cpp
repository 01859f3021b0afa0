// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "backend/cpu.hpp"
#include "check_gradient_on.hpp"
#include "solve_cuda.hpp"
#include "solve_device.hpp"

namespace rankfill {

GradientCheckRow compare_with_differences(const std::function<double(double)>& along, double claimed) {
  GradientCheckRow row;
  const double here = along(0);
  row.best_relative_error = std::numeric_limits<double>::infinity();
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (int power = 6; power <= 22; ++power) {  // h from 2^-6 to 2^-22
    const double h = std::ldexp(1.0, -power);
    const double ahead = along(h), central = (ahead - along(-h)) / (2 * h);
    row.best_relative_error =
        std::min(row.best_relative_error, std::abs(central - claimed) / std::max(std::abs(claimed), 1e-300));
    // Only remainders well above rounding tell anything of the slope.
    const double remainder = std::abs(ahead - here - h * claimed);
    if (remainder > 1e4 * std::numeric_limits<double>::epsilon() * std::abs(here)) {
      const double x = std::log(h), y = std::log(remainder);
      n += 1;
      sx += x;
      sy += y;
      sxx += x * x;
      sxy += x * y;
    }
  }
  row.remainder_slope = n >= 2 ? (n * sxy - sx * sy) / (n * sxx - sx * sx) : 0;
  row.passed = std::abs(row.remainder_slope - 2) <= 0.1 && row.best_relative_error <= 1e-7;
  return row;
}

GradientCheck check_gradient(const Entries& entries, const Options& options) {
  require_valid(options);
  if (const int device = resolve_device(options.device); device >= 0)
    return check_gradient_cuda(device, entries, options);
  CpuBackend backend(options.threads);
  return check_gradient_on(backend, entries, options);
}

}  // namespace rankfill
