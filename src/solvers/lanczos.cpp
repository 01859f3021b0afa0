// SPDX-License-Identifier: Apache-2.0
#include "solvers/lanczos.hpp"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/detail/philox.hpp"

namespace rankfill {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// Independent normal numbers (Box, Muller 1958), divided by their length.
VectorXd even_direction(Index size, std::uint64_t seed) {
  const auto low = static_cast<std::uint32_t>(seed), high = static_cast<std::uint32_t>(seed >> 32);
  VectorXd x(size);
  for (Index i = 0; i < size; ++i) {
    const auto n = static_cast<std::uint64_t>(i);
    const auto draw = philox({static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32), 0, 9}, {low, high});
    const double radius = std::sqrt(-2 * std::log((draw[0] + 0.5) * 0x1p-32));
    x[i] = radius * std::cos(2 * std::numbers::pi * draw[1] * 0x1p-32);
  }
  return x.normalized();
}

}  // namespace

Eigenpair largest_eigenpair(std::int64_t size,
                            const std::function<void(const std::vector<double>&, std::vector<double>&)>& apply,
                            std::uint64_t seed, const LanczosLimits& limits) {
  Eigenpair found;
  if (size == 0) return found;
  constexpr std::int64_t most_numbers = std::int64_t{1} << 27;
  const Index most = std::clamp<Index>(most_numbers / size, 20, limits.max_steps);
  const Index steps = std::min<Index>(size, most);

  std::vector<double> in(static_cast<std::size_t>(size)), out(in.size());
  const auto product = [&](const VectorXd& x) {
    Eigen::Map<VectorXd>(in.data(), size) = x;
    apply(in, out);
    ++found.steps;
    return VectorXd(Eigen::Map<const VectorXd>(out.data(), size));
  };

  std::vector<VectorXd> basis{even_direction(size, seed)};
  VectorXd alpha = VectorXd::Zero(steps), beta = VectorXd::Zero(steps);  // G's diagonal and lower diagonal in the basis
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> small;
  Index used = 0;
  while (used < steps) {
    VectorXd w = product(basis.back());
    alpha[used] = w.dot(basis.back());
    for (int twice = 0; twice < 2; ++twice)
      for (const VectorXd& q : basis) w -= q.dot(w) * q;
    beta[used] = w.norm();
    ++used;
    const double scale = alpha.head(used).maxCoeff();
    const bool exhausted = used == steps || beta[used - 1] <= 1e-14 * scale;
    if (exhausted || used % 8 == 0) {
      small.computeFromTridiagonal(alpha.head(used), beta.head(used - 1));
      const double theta = small.eigenvalues()[used - 1], last = small.eigenvectors()(used - 1, used - 1);
      if (exhausted || beta[used - 1] * std::abs(last) <= limits.tolerance * theta) break;
    }
    basis.push_back(w / beta[used - 1]);
  }

  const auto ritz_vector = [&](Index which) {
    VectorXd x = VectorXd::Zero(size);
    for (Index j = 0; j < used; ++j) x += small.eigenvectors()(j, which) * basis[static_cast<std::size_t>(j)];
    return x.normalized().eval();
  };
  for (Index k = used - 2; k >= 0 && k >= used - 1 - limits.next && small.eigenvalues()[k] > limits.next_above; --k) {
    const VectorXd y = ritz_vector(k);
    found.next.emplace_back(y.begin(), y.end());
  }
  const VectorXd x = ritz_vector(used - 1);
  const VectorXd gx = product(x);
  found.value = std::max(0.0, x.dot(gx));
  found.residual = (gx - found.value * x).norm();
  found.vector.assign(x.begin(), x.end());
  return found;
}

}  // namespace rankfill
