// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "backend/backend.hpp"

namespace rankfill {

/// A RowPlan on the host.  Made once per problem, because Omega does not change: nothing is balanced at run time, and the
/// order of every sum is fixed.
struct HostRowPlan {
  std::vector<Chunk> chunks;
  std::vector<std::int32_t> short_rows, empty_rows;
  std::vector<SplitRow> split_rows;
  std::int32_t num_slots = 0;
};

/// Rows of at most `short_length` entries are short; longer ones are cut into chunks of at most `chunk_length`, as equal as
/// can be.  Long before short, so that the last workers to start have the least to do; ties by row.
/// row_ptr: num_rows + 1 offsets.  chunk_length >= 1, short_length >= 0.
HostRowPlan plan_rows(const std::vector<std::int64_t>& row_ptr, std::int64_t chunk_length, std::int64_t short_length);

/// Lengths that suit a rank and a number of entries.
struct PlanLengths {
  std::int64_t chunk = 0, short_row = 0;
};
/// For a warp per chunk: long enough to hide the start, short enough to balance; a partial gradient costs little.
PlanLengths gradient_plan_lengths();
/// For a block per chunk, or, up to rank 64, a warp: a partial Gram matrix is rank^2 numbers, so rows are cut only where one
/// would outlast the rest of the device; rows of fewer than rank / 2 entries are solved without a Gram matrix.
PlanLengths solve_plan_lengths(int rank, std::int64_t num_entries);

template <class B>
RowPlan<B> upload_plan(B& backend, const HostRowPlan& plan) {
  constexpr const char* purpose = "the row plan";
  RowPlan<B> p;
  p.chunks = {backend, plan.chunks, purpose};
  p.short_rows = {backend, plan.short_rows, purpose};
  p.empty_rows = {backend, plan.empty_rows, purpose};
  p.split_rows = {backend, plan.split_rows, purpose};
  p.num_slots = plan.num_slots;
  return p;
}

/// Both plans of a matrix with these offsets, for a solver of this rank.
template <class T, class B>
void add_row_plans(B& backend, const std::vector<std::int64_t>& row_ptr, int rank, Csr<T, B>& m) {
  const PlanLengths g = gradient_plan_lengths(), s = solve_plan_lengths(rank, m.num_entries);
  m.gradient_plan = upload_plan(backend, plan_rows(row_ptr, g.chunk, g.short_row));
  m.solve_plan = upload_plan(backend, plan_rows(row_ptr, s.chunk, s.short_row));
}

}  // namespace rankfill
