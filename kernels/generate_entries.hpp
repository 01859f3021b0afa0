// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// All that decides a synthetic matrix of half-star values; made on the host (bench/workload.hpp), integers only.
template <class B>
struct Workload {
  std::int64_t num_rows = 0, num_cols = 0;
  std::uint64_t seed = 0;
  std::uint32_t holdout_below = 0;    ///< an entry is held out with probability holdout_below / 2^32
  std::int64_t signal_scale = 0;      ///< see half_stars()
  Buffer<std::int32_t, B> num_draws;  ///< per row, >= 1
  Buffer<std::uint64_t, B>
      limits;  ///< per column: 2^64 times the distribution function, ascending; the last is 2^64 - 1
  Buffer<std::int32_t, B> col_bias;      ///< per column, in 2^-16 stars
  Buffer<std::uint32_t, B> col_factors;  ///< num_cols x 16 words of 4 signed bytes: the planted factor of rank 64
  Buffer<std::int32_t, B> spectrum;      ///< 64 weights s_r of the planted components
};

/// Which entries: those held out are chosen by a hash of (seed, row, draw).
enum class Part { all, train, holdout };

/// Row i makes num_draws[i] draws; draw t falls in stratum t of as many equal strata of the column distribution,
///     col = F^-1((t + uniform) / num_draws)        value = round(mean + a_i + b_j + sum_r s_r p_ir q_jr + noise)
/// to half stars in [0.5, 5].  Of draws in one column the first counts.  So the columns of a row ascend without duplicates,
/// and every entry depends on (seed, row, draw) and the tables alone: the same bits on every backend, whatever the order.
///
/// Fills row_ptr (num_rows + 1) with the offsets of the entries of `part` and returns their number.  Waits.
std::int64_t read_entry_count(CpuBackend&, const Workload<CpuBackend>& w, Part part,
                              Buffer<std::int64_t, CpuBackend>& row_ptr);
std::int64_t read_entry_count(CudaBackend&, const Workload<CudaBackend>& w, Part part,
                              Buffer<std::int64_t, CudaBackend>& row_ptr);

/// The entries themselves, in row order: row_idx, col_idx, values, as many as were counted.  row_idx may be empty: not wanted.
/// Gathers one planted column factor of 64 bytes per entry.  Enqueues; does not wait.
template <class T>
void generate_entries(CpuBackend&, const Workload<CpuBackend>& w, Part part,
                      const Buffer<std::int64_t, CpuBackend>& row_ptr, Buffer<std::int32_t, CpuBackend>& row_idx,
                      Buffer<std::int32_t, CpuBackend>& col_idx, Buffer<T, CpuBackend>& values);
template <class T>
void generate_entries(CudaBackend&, const Workload<CudaBackend>& w, Part part,
                      const Buffer<std::int64_t, CudaBackend>& row_ptr, Buffer<std::int32_t, CudaBackend>& row_idx,
                      Buffer<std::int32_t, CudaBackend>& col_idx, Buffer<T, CudaBackend>& values);

}  // namespace rankfill
