// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_projection.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <type_traits>

#include "backend/cuda_check.hpp"
#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/ordered_sum.cuh"

namespace rankfill {

namespace {

struct DestroySparse {
  void operator()(cusparseSpMatDescr_t d) const noexcept { ignore(cusparseDestroySpMat(d)); }
};
struct DestroyDense {
  void operator()(cusparseDnMatDescr_t d) const noexcept { ignore(cusparseDestroyDnMat(d)); }
};
using SparseMatrix = std::unique_ptr<std::remove_pointer_t<cusparseSpMatDescr_t>, DestroySparse>;
using DenseMatrix = std::unique_ptr<std::remove_pointer_t<cusparseDnMatDescr_t>, DestroyDense>;

template <class T>
constexpr cudaDataType kDataType = std::is_same_v<T, float> ? CUDA_R_32F : CUDA_R_64F;

/// cuSPARSE takes both index arrays of one width, and plain values; ours are 64-bit offsets, narrow columns and codes.
template <class To>
__global__ void convert_offsets_thread_per_number(std::int64_t size, const std::int64_t* from, To* to) {
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size; i += stride)
    to[i] = static_cast<To>(from[i]);
}
template <class T, class Index>
__global__ void decode_thread_per_entry(std::int64_t size, EntryView<T> m, Index* cols, T* values) {
  const std::int64_t stride = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t p = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; p < size; p += stride) {
    cols[p] = static_cast<Index>(m.col(p));
    values[p] = m.value(p);
  }
}

template <class T>
__global__ void sum_of_squares_thread_strided(std::int64_t size, const T* e, std::int64_t per_block, double* partial) {
  double* scratch = shared_memory<double>();
  const std::int64_t first = std::int64_t{blockIdx.x} * per_block;
  double sum = 0;
  for (std::int64_t i = first + threadIdx.x; i < first + per_block && i < size; i += blockDim.x)
    sum += double{e[i]} * double{e[i]};
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

template <class T>
DenseMatrix dense(const Factor<T, CudaBackend>& x) {
  cusparseDnMatDescr_t d = nullptr;
  check(cusparseCreateDnMat(&d, x.num_rows, x.rank, x.rank, const_cast<T*>(x.values.data()), kDataType<T>,
                            CUSPARSE_ORDER_ROW),
        "cusparseCreateDnMat");
  return DenseMatrix(d);
}

/// One order of Omega:  r = P o (M - X Y^T),  g = - R Y.  Index: the width cuSPARSE is given both index arrays in.
/// Offsets, columns and cuSPARSE's buffer live in the workspace, in this order.
template <class T, class Index>
void project_and_multiply(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& x,
                          const Factor<T, CudaBackend>& y, Buffer<T, CudaBackend>& r, Factor<T, CudaBackend>& g) {
  const auto aligned = [](std::int64_t count) {  // cuSPARSE buffers: 128-byte aligned
    return (static_cast<std::size_t>(count) * sizeof(Index) + 255) / 256 * 256;
  };
  const std::size_t offset_bytes = aligned(m.num_rows + 1), index_bytes = offset_bytes + aligned(m.num_entries);
  constexpr auto type = sizeof(Index) == 4 ? CUSPARSE_INDEX_32I : CUSPARSE_INDEX_64I;

  const T minus_one = -1, one = 1, zero = 0;
  const auto a = dense(x), b = dense(y), product = dense(g);
  const auto describe = [&](std::byte* indices) {
    cusparseSpMatDescr_t d = nullptr;
    check(cusparseCreateCsr(&d, m.num_rows, m.num_cols, m.num_entries, indices, indices + offset_bytes, r.data(), type,
                            type, CUSPARSE_INDEX_BASE_ZERO, kDataType<T>),
          "cusparseCreateCsr");
    return SparseMatrix(d);
  };
  const auto n = CUSPARSE_OPERATION_NON_TRANSPOSE, t = CUSPARSE_OPERATION_TRANSPOSE;

  // The sizes asked for need a descriptor, and the descriptor an address: the workspace as it is now serves for that.
  auto* indices = static_cast<std::byte*>(backend.workspace(index_bytes, "cuSPARSE indices"));
  std::size_t sddmm_bytes = 0, spmm_bytes = 0;
  {
    const auto sparse = describe(indices);
    check(cusparseSDDMM_bufferSize(backend.sparse(), n, t, &minus_one, a.get(), b.get(), &one, sparse.get(),
                                   kDataType<T>, CUSPARSE_SDDMM_ALG_DEFAULT, &sddmm_bytes),
          "cusparseSDDMM_bufferSize");
    check(cusparseSpMM_bufferSize(backend.sparse(), n, n, &minus_one, sparse.get(), b.get(), &zero, product.get(),
                                  kDataType<T>, CUSPARSE_SPMM_CSR_ALG3, &spmm_bytes),
          "cusparseSpMM_bufferSize");
  }
  indices = static_cast<std::byte*>(
      backend.workspace(index_bytes + std::max(sddmm_bytes, spmm_bytes), "cuSPARSE indices and buffer"));
  const auto shape = [](std::int64_t count) {
    return LaunchShape{dim3(blocks_for(count, kBlockThreads)), dim3(kBlockThreads), 0};
  };
  launch(backend, shape(m.num_rows + 1), convert_offsets_thread_per_number<Index>, m.num_rows + 1, m.row_ptr.data(),
         reinterpret_cast<Index*>(indices));
  launch(backend, shape(m.num_entries), decode_thread_per_entry<T, Index>, m.num_entries, view(m),
         reinterpret_cast<Index*>(indices + offset_bytes), r.data());
  const auto sparse = describe(indices);
  // r = -1 * P o (X Y^T) + 1 * r
  check(cusparseSDDMM(backend.sparse(), n, t, &minus_one, a.get(), b.get(), &one, sparse.get(), kDataType<T>,
                      CUSPARSE_SDDMM_ALG_DEFAULT, indices + index_bytes),
        "cusparseSDDMM");
  // g = -1 * R Y
  check(cusparseSpMM(backend.sparse(), n, n, &minus_one, sparse.get(), b.get(), &zero, product.get(), kDataType<T>,
                     CUSPARSE_SPMM_CSR_ALG3, indices + index_bytes),
        "cusparseSpMM");
}

template <class T>
void project_and_multiply(CudaBackend& backend, const Csr<T, CudaBackend>& m, const Factor<T, CudaBackend>& x,
                          const Factor<T, CudaBackend>& y, Buffer<T, CudaBackend>& r, Factor<T, CudaBackend>& g) {
  if (m.num_entries < std::numeric_limits<std::int32_t>::max())
    project_and_multiply<T, std::int32_t>(backend, m, x, y, r, g);
  else
    project_and_multiply<T, std::int64_t>(backend, m, x, y, r, g);
}

/// Enqueues the sum of squares of e.
template <class T>
void sum_of_squares(CudaBackend& backend, const Buffer<T, CudaBackend>& e, Buffer<double, CudaBackend>& sum) {
  constexpr std::int64_t kPerBlock = 1 << 14;
  const auto blocks = blocks_for(e.size(), kPerBlock);
  const SumSpace space(backend, blocks, 1, 0, "sums of squared residuals");
  launch(backend, {dim3(blocks), dim3(kBlockThreads), kWarpsPerBlock * sizeof(double)},
         sum_of_squares_thread_strided<T>, e.size(), e.data(), kPerBlock, space.partial);
  ordered_sum<1>(backend, space.partial, blocks, sum.data());
}

}  // namespace

template <class T>
void gradient_projection(CudaBackend& backend, const Observations<T, CudaBackend>& observations,
                         const Factors<T, CudaBackend>& at, Buffer<T, CudaBackend>& residual,
                         Factors<T, CudaBackend>& gradient, Buffer<double, CudaBackend>& squared_error) {
  if (observations.by_row.num_entries == 0) {
    gradient.fill_zero();
    return squared_error.fill_zero();
  }
  project_and_multiply(backend, observations.by_row, at.row, at.col, residual, gradient.row);
  sum_of_squares(backend, residual, squared_error);
  project_and_multiply(backend, observations.by_col, at.col, at.row, residual, gradient.col);
}

template void gradient_projection(CudaBackend&, const Observations<float, CudaBackend>&,
                                  const Factors<float, CudaBackend>&, Buffer<float, CudaBackend>&,
                                  Factors<float, CudaBackend>&, Buffer<double, CudaBackend>&);
template void gradient_projection(CudaBackend&, const Observations<double, CudaBackend>&,
                                  const Factors<double, CudaBackend>&, Buffer<double, CudaBackend>&,
                                  Factors<double, CudaBackend>&, Buffer<double, CudaBackend>&);

}  // namespace rankfill
