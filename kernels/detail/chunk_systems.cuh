// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/row_systems.cuh"

// Half-sweeps on the tensor cores: a team takes a chunk, gathers its rows v_j, forms their Gram matrix in registers and, if
// the chunk is a whole row, solves.  The Gram matrix of such a row never leaves the team.  Here: how a chunk begins and ends.

namespace rankfill {

/// Copies the parts of a chunk to its slot, or solves it.  After the team has waited.  The chunk is read anew before this:
/// to keep it would cost registers in the loop.
template <int kSize, class Team, class System>
__device__ __forceinline__ void finish_chunk(const RowSystems& s, const Slots& slots, const Team& team,
                                             const System& system, const Chunk& chunk, float (&g)[kSize],
                                             float squared_error) {
  const std::int32_t slot = uniform(chunk.slot);
  if (slot < 0) return finish_row(s, team, system, chunk.row, g, double{squared_error});
  float* part = slots.part(slot);
#pragma unroll 2
  for (int n = team.member(); n < slots.matrix; n += team.size()) part[n] = system.matrix()[n];
#pragma unroll
  for (int n = 0; n < kSize; ++n)
    if (const int i = team.member() + n * team.size(); i < s.rank) part[slots.matrix + i] = g[n];
  if (team.member() == 0) part[slots.matrix + s.rank] = squared_error;
}

/// Adds up the parts of a split row in the order of its chunks and solves it.  Where the slots do not all fit at once, the
/// sum so far of the one row that crosses the end goes to `later`, and comes back as `earlier`.
template <int kSize, class Team, class System>
__device__ __forceinline__ void finish_split_row(const RowSystems& s, const Slots& slots, const Team& team,
                                                 const System& system, const SplitRow& row, const float* earlier,
                                                 float* later) {
  if (!slots.has_part_of(row)) return;
  const int matrix = slots.matrix, numbers = Slots::numbers(matrix, s.rank);
  if (row.first_slot + row.num_slots > slots.last) {
#pragma unroll 1
    for (int n = team.member(); n < numbers; n += team.size()) later[n] = slots.sum(row, earlier, n);
    return;
  }
#pragma unroll 1
  for (int n = team.member(); n < matrix; n += team.size()) system.matrix()[n] = slots.sum(row, earlier, n);
  float g[kSize];
#pragma unroll
  for (int n = 0; n < kSize; ++n) {
    const int i = team.member() + n * team.size();
    g[n] = i >= s.rank ? 0 : s.gradient ? s.given_gradient(row.row, i) : slots.sum(row, earlier, matrix + i);
  }
  const double squared_error = slots.sum(row, earlier, matrix + s.rank);
  team.wait();
  finish_row(s, team, system, row.row, g, squared_error);
}

}  // namespace rankfill
