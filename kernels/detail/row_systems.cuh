// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cfloat>

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/gather_copy.cuh"
#include "kernels/detail/ptx.cuh"
#include "kernels/detail/teams.cuh"

// What the kernels of a half-sweep share: their parameters, conjugate gradients, and the end of a row.

namespace rankfill {

/// Passed by value.
struct RowSystems {
  EntryView<float> m;
  int rank;
  GatherTable<__half> v;
  float lambda;
  const float* weights;   ///< nullptr: 1
  const float* gradient;  ///< of the rows' data term, in full precision; nullptr: formed from v
  int cg_steps;           ///< 0: exact
  float cg_tolerance;     ///< as in HalfSweepControl
  float* u;
  double* partial;              ///< kHalfSweepSums per row
  std::uint32_t order = kAsIs;  ///< for moved()

  __device__ __forceinline__ float* row(int i) const { return u + std::int64_t{i} * rank; }
  __device__ __forceinline__ float scaled_lambda(int i) const { return weights ? lambda * weights[i] : lambda; }
  __device__ __forceinline__ float given_gradient(int i, int k) const { return gradient[std::int64_t{i} * rank + k]; }
  /// The numbers of a row: first those of the point it started from, then the decrease.
  __device__ __forceinline__ void write_start(int i, double squared_error, double gradient_squared) const {
    double* sums = partial + std::int64_t{i} * 3;
    sums[0] = squared_error;
    sums[1] = gradient_squared;
  }
  __device__ __forceinline__ void write_decrease(int i, double decrease) const {
    partial[std::int64_t{i} * 3 + 2] = decrease;
  }
};

/// `steps` steps of conjugate gradients, and, while <r, D^-1 r> is above `tolerance` of what it was, up to `most`, on A d = g from d = 0, preconditioned by the numbers `scale` (one over the
/// diagonal): docs/math.md Eq. 20.  Where the residual has fallen to rounding, or <p, A p> is not positive, they end: no
/// division by zero.  Each member of the team holds kSize numbers of a vector.  multiply(p, q): q = A p.
/// residual = g - A d.  The divisions are good to two units in the last place, which costs no accuracy: a step of another
/// length, or another direction, is made up for by the next.
template <int kSize, class Team, class Multiply>
__device__ __forceinline__ void conjugate_gradients(const Team& team, const Multiply& multiply, const float (&g)[kSize],
                                                    const float (&scale)[kSize], int steps, float (&d)[kSize],
                                                    float (&residual)[kSize], int most = 0, float tolerance = 0) {
  const auto dot = [&](const float(&x)[kSize], const float(&y)[kSize]) {
    float sum = 0;
#pragma unroll
    for (int n = 0; n < kSize; ++n) sum = fmaf(x[n], y[n], sum);
    return uniform(team.sum(sum));
  };
  float p[kSize], q[kSize];
#pragma unroll
  for (int n = 0; n < kSize; ++n) d[n] = 0, residual[n] = g[n], p[n] = scale[n] * g[n];
  float rz = dot(residual, p);
  const float enough = FLT_EPSILON * FLT_EPSILON / 4 * rz, wanted = tolerance * rz;
  for (int step = 0; (step < steps || (step < most && rz > wanted)) && rz > enough; ++step) {
    multiply(p, q);
    const float pq = dot(p, q);
    if (!(pq > 0)) break;
    const float alpha = __fdividef(rz, pq);
#pragma unroll
    for (int n = 0; n < kSize; ++n) {
      d[n] = fmaf(alpha, p[n], d[n]);
      residual[n] = fmaf(-alpha, q[n], residual[n]);
      q[n] = scale[n] * residual[n];
    }
    const float next = dot(residual, q), beta = __fdividef(next, rz);
#pragma unroll
    for (int n = 0; n < kSize; ++n) p[n] = fmaf(beta, p[n], q[n]);
    rz = next;
  }
}

__device__ __forceinline__ int most_steps(const RowSystems& s) { return s.cg_tolerance > 0 ? 8 * s.cg_steps : 0; }

/// Where lambda is smaller, the diagonal is raised so far.
__device__ __forceinline__ float least_lambda(int rank, float largest_diagonal) {
  return 2 * static_cast<float>(rank) * FLT_EPSILON * largest_diagonal;
}

/// Solves a row and updates u_i.  `system` holds sum_j v_j v_j^T; g: the data gradient.  Member t of a team of size z stands for
/// the rows t + n z, n < kSize; those from the rank on, which the system may have, are made those of a unit matrix.
/// `row` lies in global memory and is read as often as it is wanted.  squared_error counts in member 0.
template <int kSize, class Team, class System>
__device__ __forceinline__ void finish_row(const RowSystems& s, const Team& team, const System& system,
                                           const std::int32_t& row, float (&g)[kSize], double squared_error) {
  const float lambda = s.scaled_lambda(row);
  const auto index = [&](int n) { return team.member() + n * team.size(); };
  float diagonal[kSize], largest = 0;
  double gradient_squared = 0;
#pragma unroll
  for (int n = 0; n < kSize; ++n) {
    const bool own = index(n) < s.rank;
    g[n] = own ? fmaf(lambda, s.row(row)[index(n)], g[n]) : 0.0F;
    diagonal[n] = own ? system.diagonal(index(n)) + lambda : 1.0F;
    if (own) largest = fmaxf(largest, diagonal[n]);
    gradient_squared += double{g[n]} * double{g[n]};
  }
  largest = team.max(largest);
  gradient_squared = team.sum(gradient_squared);
  if (team.member() == 0) s.write_start(row, squared_error, gradient_squared);
#pragma unroll
  for (int n = 0; n < kSize; ++n) {
    if (index(n) < s.rank) diagonal[n] += fmaxf(0.0F, least_lambda(s.rank, largest) - lambda);
    if (index(n) < system.rows()) system.diagonal(index(n)) = diagonal[n];
    diagonal[n] = __fdividef(1.0F, diagonal[n]);
  }
  team.wait();

  float d[kSize], residual[kSize] = {};
  if (s.cg_steps > 0) {
    conjugate_gradients(
        team, [&](const auto& p, auto& q) { system.multiply(p, q); }, g, diagonal, s.cg_steps, d, residual,
        most_steps(s), s.cg_tolerance);
  } else {
    system.solve(g, fmaxf(FLT_EPSILON * largest, FLT_MIN), d);
  }
  // A d = g - residual, so <g, d> - 1/2 <d, A d> = 1/2 <g + residual, d>
  double decrease = 0;
#pragma unroll
  for (int n = 0; n < kSize; ++n)
    if (index(n) < s.rank) {
      decrease += double{0.5F * (g[n] + residual[n]) * d[n]};
      s.row(row)[index(n)] -= d[n];
    }
  decrease = team.sum(decrease);
  if (team.member() == 0) s.write_decrease(row, decrease);
}

/// Where the chunks of split rows leave their parts, one after the other: `matrix` numbers of the system, the data gradient,
/// the sum of squared residuals.
struct Slots {
  float* parts;
  std::int32_t first, last;  ///< the slots there is room for now
  int matrix, rank;

  __host__ __device__ static constexpr int numbers(int matrix, int rank) { return matrix + rank + 1; }
  /// Whether a chunk's turn is now: that of whole rows is the first.
  __device__ __forceinline__ bool takes(std::int32_t slot) const {
    return slot < 0 ? first == 0 : slot >= first && slot < last;
  }
  __device__ __forceinline__ float* part(std::int32_t slot) const {
    return parts + std::int64_t{slot - first} * numbers(matrix, rank);
  }
  /// Whether a split row has chunks among those of now.
  __device__ __forceinline__ bool has_part_of(const SplitRow& row) const {
    return row.first_slot < last && row.first_slot + row.num_slots > first;
  }
  /// Number n of the sum of a split row's parts so far, in the order of its chunks; earlier: the sum of those before.
  __device__ __forceinline__ float sum(const SplitRow& row, const float* earlier, int n) const {
    float sum = row.first_slot < first ? earlier[n] : 0.0F;
#pragma unroll 4
    for (std::int32_t slot = max(row.first_slot, first); slot < min(row.first_slot + row.num_slots, last); ++slot)
      sum += part(slot)[n];
    return sum;
  }
};

}  // namespace rankfill
