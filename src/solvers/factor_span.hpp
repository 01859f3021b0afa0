// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace rankfill {

/// What the columns of a factor X (num_rows x rank, row-major) span, its rows scaled by s_i.  Small and on the host.
struct FactorSpan {
  std::vector<double> gram;        ///< (s o X)^T (s o X), rank x rank
  std::vector<double> projection;  ///< (s o X)^T d
};

/// `scale` empty: 1.  `direction`: num_rows numbers.  Sums in double.
template <class T>
FactorSpan factor_span(const std::vector<T>& x, int rank, const std::vector<double>& scale,
                       const std::vector<double>& direction);

/// Singular values of A B^T, largest first, from the Gram matrices of A and B: right to 1e-8 of the largest.
std::vector<double> singular_values(const FactorSpan& a, const FactorSpan& b, int rank);

/// Singular values above `relative` of the largest of A B^T, from the Gram matrices of A and B.
int effective_rank(const FactorSpan& a, const FactorSpan& b, int rank, double relative);

/// |part of d within the span|^2 for the d of the projection.
double part_within(const FactorSpan& span, int rank);

}  // namespace rankfill
