// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// to_r = from_{order_r}: rows by index become rows by place.  order: a permutation; from and to are different.
/// No pass over the entries.  Enqueues; does not wait.
template <class T>
void rows_to_places(CpuBackend&, const Buffer<std::int32_t, CpuBackend>& order, const Factor<T, CpuBackend>& from,
                    Factor<T, CpuBackend>& to);
template <class T>
void rows_to_places(CudaBackend&, const Buffer<std::int32_t, CudaBackend>& order, const Factor<T, CudaBackend>& from,
                    Factor<T, CudaBackend>& to);

/// to_{order_r} = from_r: the way back.
template <class T>
void rows_to_indices(CpuBackend&, const Buffer<std::int32_t, CpuBackend>& order, const Factor<T, CpuBackend>& from,
                     Factor<T, CpuBackend>& to);
template <class T>
void rows_to_indices(CudaBackend&, const Buffer<std::int32_t, CudaBackend>& order, const Factor<T, CudaBackend>& from,
                     Factor<T, CudaBackend>& to);

}  // namespace rankfill
