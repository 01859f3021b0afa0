// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// An entry in the order of a schedule.
template <class T>
struct Visit {
  std::int32_t row = 0, col = 0;
  T value = 0;
};

/// What a step along one entry needs to know of a row, or of a column.
template <class T>
struct Pace {
  T rate;  ///< step size for a speed of 1
  T pull;  ///< this entry's part of the lambda term: lambda w_i / n_i
};

/// Every entry once, in num_blocks strata of num_blocks blocks.  Blocks of a stratum have no row and no column in common.
template <class T, class B>
struct Strata {
  int num_blocks = 0;
  Buffer<std::int64_t, B> block_ptr;  ///< num_blocks^2 + 1; block b of stratum s is number s num_blocks + b
  Buffer<Visit<T>, B> visits;
  Buffer<Pace<T>, B> row_paces, col_paces;
};

/// One step along each entry of a stratum.  docs/math.md Eq. 42
///     e = m_ij - <u_i, v_j>
///     u_i += speed rate_i (e v_j - pull_i u_i)        v_j += speed rate'_j (e u_i - pull'_j v_j), with u_i as it was
/// Blocks run side by side, the entries of a block one after the other: same bits for any number of threads.  In T.
/// 2 / num_blocks of a pass: both rows are fetched for each entry, and written.  Enqueues; does not wait.
template <class T>
void stratum_descent(CpuBackend&, const Strata<T, CpuBackend>& strata, int stratum, double speed,
                     Factors<T, CpuBackend>& at);
template <class T>
void stratum_descent(CudaBackend&, const Strata<T, CudaBackend>& strata, int stratum, double speed,
                     Factors<T, CudaBackend>& at);

}  // namespace rankfill
