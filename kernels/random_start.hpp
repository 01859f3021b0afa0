// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Seeded start of one factor.  docs/math.md Eq. 19
///     x_ik = (rms^2 / rank)^(1/4) normal(seed, side, i, k)        0 in rows without entries
/// `side`: which stream of numbers, 0 for rows, 1 for columns.  order_r is the index i that row r of x stands for; empty: r itself.
/// So a row starts at the same point wherever it is stored.  Overwrites x.  Enqueues; does not wait.
template <class T>
void random_start(CpuBackend&, std::uint64_t seed, std::uint32_t side, const Buffer<std::int64_t, CpuBackend>& row_ptr,
                  const Buffer<std::int32_t, CpuBackend>& order, double value_rms, Factor<T, CpuBackend>& x);
template <class T>
void random_start(CudaBackend&, std::uint64_t seed, std::uint32_t side,
                  const Buffer<std::int64_t, CudaBackend>& row_ptr, const Buffer<std::int32_t, CudaBackend>& order,
                  double value_rms, Factor<T, CudaBackend>& x);

}  // namespace rankfill
