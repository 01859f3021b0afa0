// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "cusparse_types.hpp"
#include "capture.hpp"

// Sums are taken in double, in order, and rounded once.  Which operands are refused follows the messages that the real
// library carries; its numbers need a device to be seen.

namespace {

constexpr auto no_transpose = CUSPARSE_OPERATION_NON_TRANSPOSE;

struct Size {
  std::int64_t rows, cols;
  bool operator==(const Size&) const = default;
};

template <class Matrix>
Size size_of(const Matrix& m, cusparseOperation_t op) {
  return op == no_transpose ? Size{m.rows, m.cols} : Size{m.cols, m.rows};
}

/// op(M) of a dense matrix, element by element.
template <class T>
class Dense {
 public:
  Dense(const cusparseDnMatDescr& m, cusparseOperation_t op)
      : values_(static_cast<T*>(m.values)),
        row_stride_(m.order == CUSPARSE_ORDER_ROW ? m.ld : 1),
        col_stride_(m.order == CUSPARSE_ORDER_ROW ? 1 : m.ld) {
    if (op != no_transpose) std::swap(row_stride_, col_stride_);
  }
  T& operator()(std::int64_t i, std::int64_t j) const { return values_[i * row_stride_ + j * col_stride_]; }

 private:
  T* values_;
  std::int64_t row_stride_, col_stride_;
};

template <class Index, class Visit>
void for_each_entry(const cusparseSpMatDescr& m, Visit visit) {
  const auto* rows = static_cast<const Index*>(m.row_index);
  const auto* cols = static_cast<const Index*>(m.col_index);
  if (m.format == SparseFormat::coo) {
    for (std::int64_t p = 0; p < m.nnz; ++p) visit(rows[p] - m.base, cols[p] - m.base, p);
    return;
  }
  for (std::int64_t i = 0; i < m.rows; ++i) {
    for (std::int64_t p = rows[i] - m.base; p < rows[i + 1] - m.base; ++p) visit(i, cols[p] - m.base, p);
  }
}

/// What both products ask of their operands, apart from their sizes.
template <class First, class Second, class Third>
cusparseStatus_t check_operands(cusparseHandle_t handle, cusparseOperation_t op_a, cusparseOperation_t op_b,
                                const void* alpha, const First* a, const Second* b, const void* beta, const Third* c,
                                cudaDataType compute_type) {
  if (handle == nullptr || a == nullptr || b == nullptr || c == nullptr) return CUSPARSE_STATUS_INVALID_VALUE;
  if (!simt::is_handle(handle) || !simt::is_handle(a) || !simt::is_handle(b) || !simt::is_handle(c)) {
    return CUSPARSE_STATUS_INVALID_VALUE;
  }
  if (simt::Capture* const capture = simt::capture_of(handle->stream)) {  // not emulated
    simt::invalidate(*capture, cudaErrorNotSupported);
    return CUSPARSE_STATUS_NOT_SUPPORTED;
  }
  simt::settle(handle->stream);
  if (alpha == nullptr || beta == nullptr) return CUSPARSE_STATUS_INVALID_VALUE;
  for (const auto op : {op_a, op_b}) {
    if (op < no_transpose || op > CUSPARSE_OPERATION_CONJUGATE_TRANSPOSE) return CUSPARSE_STATUS_INVALID_VALUE;
    if (op == CUSPARSE_OPERATION_CONJUGATE_TRANSPOSE) return CUSPARSE_STATUS_NOT_SUPPORTED;  // real matrices
  }
  if (a->value_type != compute_type || b->value_type != compute_type || c->value_type != compute_type) {
    return CUSPARSE_STATUS_NOT_SUPPORTED;
  }
  return simt::device_state() == cudaSuccess ? CUSPARSE_STATUS_SUCCESS : CUSPARSE_STATUS_EXECUTION_FAILED;
}

template <class First, class Second, class Third>
bool sizes_agree(cusparseOperation_t op_a, cusparseOperation_t op_b, const First& a, const Second& b, const Third& c) {
  const Size left = size_of(a, op_a);
  const Size right = size_of(b, op_b);
  return left.cols == right.rows && Size{left.rows, right.cols} == Size{c.rows, c.cols};
}

cusparseStatus_t check_spmm(cusparseHandle_t handle, cusparseOperation_t op_a, cusparseOperation_t op_b,
                            const void* alpha, cusparseConstSpMatDescr_t a, cusparseConstDnMatDescr_t b,
                            const void* beta, cusparseConstDnMatDescr_t c, cudaDataType compute_type,
                            cusparseSpMMAlg_t alg) {
  const auto status = check_operands(handle, op_a, op_b, alpha, a, b, beta, c, compute_type);
  if (status != CUSPARSE_STATUS_SUCCESS) return status;
  if (!sizes_agree(op_a, op_b, *a, *b, *c)) return CUSPARSE_STATUS_INVALID_VALUE;
  const bool for_csr = alg == CUSPARSE_SPMM_CSR_ALG1 || alg == CUSPARSE_SPMM_CSR_ALG2 || alg == CUSPARSE_SPMM_CSR_ALG3;
  const bool is_csr = a->format == SparseFormat::csr;
  if (alg != CUSPARSE_SPMM_ALG_DEFAULT && for_csr != is_csr) return CUSPARSE_STATUS_NOT_SUPPORTED;
  if (alg == CUSPARSE_SPMM_CSR_ALG3 && op_a != no_transpose) return CUSPARSE_STATUS_NOT_SUPPORTED;
  return CUSPARSE_STATUS_SUCCESS;
}

cusparseStatus_t check_sddmm(cusparseHandle_t handle, cusparseOperation_t op_a, cusparseOperation_t op_b,
                             const void* alpha, cusparseConstDnMatDescr_t a, cusparseConstDnMatDescr_t b,
                             const void* beta, cusparseConstSpMatDescr_t c, cudaDataType compute_type,
                             cusparseSDDMMAlg_t alg) {
  const auto status = check_operands(handle, op_a, op_b, alpha, a, b, beta, c, compute_type);
  if (status != CUSPARSE_STATUS_SUCCESS) return status;
  if (alg != CUSPARSE_SDDMM_ALG_DEFAULT) return CUSPARSE_STATUS_INVALID_VALUE;
  if (!sizes_agree(op_a, op_b, *a, *b, *c)) return CUSPARSE_STATUS_INVALID_VALUE;
  return c->format == SparseFormat::csr ? CUSPARSE_STATUS_SUCCESS : CUSPARSE_STATUS_NOT_SUPPORTED;
}

/// The twin needs no scratch, but asks for some that depends on the matrix and overwrites all of it, so that a buffer
/// that is too small, shared or forgotten is noticed.
std::size_t scratch_bytes(const cusparseSpMatDescr& m) { return 256 + 8 * static_cast<std::size_t>(m.rows); }

cusparseStatus_t scribble(void* buffer, const cusparseSpMatDescr& m) {
  if (buffer == nullptr) return CUSPARSE_STATUS_INVALID_VALUE;
  if (simt::find_allocation(buffer, scratch_bytes(m)) == nullptr) return CUSPARSE_STATUS_EXECUTION_FAILED;
  const simt::DeviceAccess access;
  std::memset(buffer, 0xFF, scratch_bytes(m));
  return CUSPARSE_STATUS_SUCCESS;
}

bool reachable(const cusparseDnMatDescr& m) { return m.rows == 0 || m.cols == 0 || simt::device_reachable(m.values); }

bool reachable(const cusparseSpMatDescr& m) {
  const bool has_rows = m.format == SparseFormat::coo || m.rows == 0 || simt::device_reachable(m.row_index);
  return has_rows && (m.nnz == 0 || (simt::device_reachable(m.col_index) && simt::device_reachable(m.values)));
}

/// Reads alpha or beta; false if the pointer is not of the kind that the pointer mode says.
template <class T>
bool read_scalar(cusparseHandle_t handle, const void* p, double& value) {
  if (!simt::scalar_reachable(p, sizeof(T), handle->pointer_mode == CUSPARSE_POINTER_MODE_DEVICE)) return false;
  const simt::DeviceAccess access;
  value = static_cast<double>(*static_cast<const T*>(p));
  return true;
}

template <class T, class Index>
void spmm(cusparseOperation_t op_a, cusparseOperation_t op_b, double alpha, const cusparseSpMatDescr& a,
          const cusparseDnMatDescr& b, double beta, const cusparseDnMatDescr& c) {
  const Dense<T> right(b, op_b);
  const Dense<T> out(c, no_transpose);
  std::vector<double> sums(static_cast<std::size_t>(c.rows * c.cols), 0.0);
  for_each_entry<Index>(a, [&](std::int64_t i, std::int64_t j, std::int64_t p) {
    if (op_a != no_transpose) std::swap(i, j);
    const auto value = static_cast<double>(static_cast<const T*>(a.values)[p]);
    for (std::int64_t n = 0; n < c.cols; ++n) {
      sums[static_cast<std::size_t>(i * c.cols + n)] += value * static_cast<double>(right(j, n));
    }
  });
  for (std::int64_t i = 0; i < c.rows; ++i) {
    for (std::int64_t n = 0; n < c.cols; ++n) {
      const double kept = beta == 0 ? 0 : beta * static_cast<double>(out(i, n));
      out(i, n) = static_cast<T>(alpha * sums[static_cast<std::size_t>(i * c.cols + n)] + kept);
    }
  }
}

template <class T, class Index>
void sddmm(cusparseOperation_t op_a, cusparseOperation_t op_b, double alpha, const cusparseDnMatDescr& a,
           const cusparseDnMatDescr& b, double beta, const cusparseSpMatDescr& c) {
  const Dense<T> left(a, op_a);
  const Dense<T> right(b, op_b);
  const std::int64_t depth = size_of(a, op_a).cols;
  for_each_entry<Index>(c, [&](std::int64_t i, std::int64_t j, std::int64_t p) {
    double sum = 0;
    for (std::int64_t k = 0; k < depth; ++k) sum += static_cast<double>(left(i, k)) * static_cast<double>(right(k, j));
    T& value = static_cast<T*>(c.values)[p];
    value = static_cast<T>(alpha * sum + (beta == 0 ? 0 : beta * static_cast<double>(value)));
  });
}

/// Calls run.operator()<T, Index>(alpha, beta) for the element and index types of `sparse`.
template <class Run>
cusparseStatus_t dispatch(cusparseHandle_t handle, const cusparseSpMatDescr& sparse, const void* alpha,
                          const void* beta, Run run) {
  double a = 0;
  double b = 0;
  const bool single = sparse.value_type == CUDA_R_32F;
  const bool readable = single ? read_scalar<float>(handle, alpha, a) && read_scalar<float>(handle, beta, b)
                               : read_scalar<double>(handle, alpha, a) && read_scalar<double>(handle, beta, b);
  if (!readable) return CUSPARSE_STATUS_EXECUTION_FAILED;
  const simt::DeviceAccess access;
  const bool narrow = sparse.index_type == CUSPARSE_INDEX_32I;
  if (single && narrow) run.template operator()<float, std::int32_t>(a, b);
  if (single && !narrow) run.template operator()<float, std::int64_t>(a, b);
  if (!single && narrow) run.template operator()<double, std::int32_t>(a, b);
  if (!single && !narrow) run.template operator()<double, std::int64_t>(a, b);
  return CUSPARSE_STATUS_SUCCESS;
}

}  // namespace

cusparseStatus_t cusparseSpMM_bufferSize(cusparseHandle_t handle, cusparseOperation_t opA, cusparseOperation_t opB,
                                         const void* alpha, cusparseConstSpMatDescr_t matA,
                                         cusparseConstDnMatDescr_t matB, const void* beta, cusparseDnMatDescr_t matC,
                                         cudaDataType computeType, cusparseSpMMAlg_t alg, size_t* bufferSize) {
  const auto status = check_spmm(handle, opA, opB, alpha, matA, matB, beta, matC, computeType, alg);
  if (status != CUSPARSE_STATUS_SUCCESS) return status;
  if (bufferSize == nullptr) return CUSPARSE_STATUS_INVALID_VALUE;
  *bufferSize = scratch_bytes(*matA);
  return CUSPARSE_STATUS_SUCCESS;
}

cusparseStatus_t cusparseSpMM_preprocess(cusparseHandle_t handle, cusparseOperation_t opA, cusparseOperation_t opB,
                                         const void* alpha, cusparseConstSpMatDescr_t matA,
                                         cusparseConstDnMatDescr_t matB, const void* beta, cusparseDnMatDescr_t matC,
                                         cudaDataType computeType, cusparseSpMMAlg_t alg, void* externalBuffer) {
  const auto status = check_spmm(handle, opA, opB, alpha, matA, matB, beta, matC, computeType, alg);
  return status != CUSPARSE_STATUS_SUCCESS ? status : scribble(externalBuffer, *matA);
}

cusparseStatus_t cusparseSpMM(cusparseHandle_t handle, cusparseOperation_t opA, cusparseOperation_t opB,
                              const void* alpha, cusparseConstSpMatDescr_t matA, cusparseConstDnMatDescr_t matB,
                              const void* beta, cusparseDnMatDescr_t matC, cudaDataType computeType,
                              cusparseSpMMAlg_t alg, void* externalBuffer) {
  auto status = check_spmm(handle, opA, opB, alpha, matA, matB, beta, matC, computeType, alg);
  if (status == CUSPARSE_STATUS_SUCCESS) status = scribble(externalBuffer, *matA);
  if (status != CUSPARSE_STATUS_SUCCESS) return status;
  if (!reachable(*matA) || !reachable(*matB) || !reachable(*matC)) return CUSPARSE_STATUS_EXECUTION_FAILED;
  return dispatch(handle, *matA, alpha, beta, [&]<class T, class Index>(double a, double b) {
    spmm<T, Index>(opA, opB, a, *matA, *matB, b, *matC);
  });
}

cusparseStatus_t cusparseSDDMM_bufferSize(cusparseHandle_t handle, cusparseOperation_t opA, cusparseOperation_t opB,
                                          const void* alpha, cusparseConstDnMatDescr_t matA,
                                          cusparseConstDnMatDescr_t matB, const void* beta, cusparseSpMatDescr_t matC,
                                          cudaDataType computeType, cusparseSDDMMAlg_t alg, size_t* bufferSize) {
  const auto status = check_sddmm(handle, opA, opB, alpha, matA, matB, beta, matC, computeType, alg);
  if (status != CUSPARSE_STATUS_SUCCESS) return status;
  if (bufferSize == nullptr) return CUSPARSE_STATUS_INVALID_VALUE;
  *bufferSize = scratch_bytes(*matC);
  return CUSPARSE_STATUS_SUCCESS;
}

cusparseStatus_t cusparseSDDMM_preprocess(cusparseHandle_t handle, cusparseOperation_t opA, cusparseOperation_t opB,
                                          const void* alpha, cusparseConstDnMatDescr_t matA,
                                          cusparseConstDnMatDescr_t matB, const void* beta, cusparseSpMatDescr_t matC,
                                          cudaDataType computeType, cusparseSDDMMAlg_t alg, void* externalBuffer) {
  const auto status = check_sddmm(handle, opA, opB, alpha, matA, matB, beta, matC, computeType, alg);
  return status != CUSPARSE_STATUS_SUCCESS ? status : scribble(externalBuffer, *matC);
}

cusparseStatus_t cusparseSDDMM(cusparseHandle_t handle, cusparseOperation_t opA, cusparseOperation_t opB,
                               const void* alpha, cusparseConstDnMatDescr_t matA, cusparseConstDnMatDescr_t matB,
                               const void* beta, cusparseSpMatDescr_t matC, cudaDataType computeType,
                               cusparseSDDMMAlg_t alg, void* externalBuffer) {
  auto status = check_sddmm(handle, opA, opB, alpha, matA, matB, beta, matC, computeType, alg);
  if (status == CUSPARSE_STATUS_SUCCESS) status = scribble(externalBuffer, *matC);
  if (status != CUSPARSE_STATUS_SUCCESS) return status;
  if (!reachable(*matA) || !reachable(*matB) || !reachable(*matC)) return CUSPARSE_STATUS_EXECUTION_FAILED;
  return dispatch(handle, *matC, alpha, beta, [&]<class T, class Index>(double a, double b) {
    sddmm<T, Index>(opA, opB, a, *matA, *matB, b, *matC);
  });
}
