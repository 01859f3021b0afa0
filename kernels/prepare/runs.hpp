// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/prepare/keys.hpp"
#include "kernels/prepare/sort.hpp"

namespace rankfill {

/// Entries are sorted by column in runs while further ones are on their way.  But the order that is wanted goes by descending count,
/// which is known only when all are there.  It is the same runs of equal columns in another order: so here each goes to
/// its place, and no more than one pass over the entries is left of the sort by column.
///     keys     run 0: cols 0 0 1 2 2 | run 1: cols 0 1 1 1 | ...      by index, in every run
///     becomes  1 1 1 1 ... | 0 0 0 ... | 2 2 ...                      by place; equal columns as they came
/// Runs have `run_length` entries, but the last, which may have fewer.  The indices of rows and columns become places on the way.
/// The result is that of relabel() and sort_by_bits(pairs, 0, layout.col_bits) on the entries as they came.
/// Reads and writes 8 + sizeof(S) bytes per entry.  Device memory: the spares, and 16 bytes for each column and run, freed
/// on return.  Enqueues; need not wait.
template <class S>
void merge_runs(CudaBackend&, const KeyLayout& layout, std::int64_t run_length,
                const Buffer<std::int32_t, CudaBackend>& row_place, const Buffer<std::int32_t, CudaBackend>& col_place,
                const Buffer<std::int32_t, CudaBackend>& col_order, SortedPairs<S, CudaBackend>& pairs);

}  // namespace rankfill
