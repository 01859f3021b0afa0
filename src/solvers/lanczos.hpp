// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace rankfill {

/// What Lanczos found of the largest eigenvalue of a positive semidefinite matrix G.
struct Eigenpair {
  double value = 0;            ///< theta = <x, G x>, never above the largest eigenvalue
  double residual = 0;         ///< |G x - theta x|, computed: an eigenvalue lies within it of theta
  std::vector<double> vector;  ///< x, |x| = 1
  int steps = 0;               ///< products with G
  /// Ritz vectors of the next Ritz values, largest first: <y, G y> is the value, and they are orthogonal to x and each other.
  std::vector<std::vector<double>> next;
};

struct LanczosLimits {
  double tolerance = 1e-7;  ///< stop when residual <= tolerance * theta
  int max_steps = 400;
  int next = 0;           ///< further Ritz vectors wanted, at most ...
  double next_above = 0;  ///< ... of Ritz values above this
};

/// Largest eigenpair of G (size x size) by Lanczos with full reorthogonalisation, from a seeded start whose direction is
/// distributed evenly.  `apply(x, y)`: y = G x.  docs/math.md Eq. 28.  Keeps as many vectors as steps, within 1 GiB.
Eigenpair largest_eigenpair(std::int64_t size,
                            const std::function<void(const std::vector<double>&, std::vector<double>&)>& apply,
                            std::uint64_t seed, const LanczosLimits& limits = {});

}  // namespace rankfill
