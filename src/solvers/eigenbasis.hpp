// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace rankfill {

struct SymmetricEigen {
  std::vector<double> vectors;  ///< rank x rank, row-major: column q belongs to values[q]
  std::vector<double> values;   ///< ascending
};

/// Eigenvectors and eigenvalues of a symmetric matrix, rank x rank, of which the lower triangle is read.  9 rank^3 flops or so.
/// Where it holds anything that is not finite: the unit matrix, with eigenvalues 0.
SymmetricEigen symmetric_eigen(const std::vector<double>& matrix, int rank);

/// Raises eigenvalues to 2 rank epsilon of the largest: below it they are rounding, as in als_half.
void raise_to_rounding(std::vector<double>& values, double epsilon);

}  // namespace rankfill
