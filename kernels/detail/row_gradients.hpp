// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "backend/backend.hpp"

namespace rankfill {

class CudaBackend;

/// What row_gradients wants of the workspace.
template <class T>
std::size_t row_gradients_room(const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                               const Factor<T, CudaBackend>& v);

/// gradient_rows with Gather::full, for a kernel that needs the gradients on its way: into g (num_rows x rank) and
/// squared_error (one number) on the device, with `room` (row_gradients_room bytes, aligned to 16) for the meantime.
/// Defined in kernels/gradient_rows.cu.
template <class T>
void row_gradients(CudaBackend&, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& u,
                   const Factor<T, CudaBackend>& v, T* g, double* squared_error, std::byte* room);

}  // namespace rankfill
