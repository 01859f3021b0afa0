// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <limits>

#include "cusparse_types.hpp"
#include "machine.hpp"

// The statuses of the create and set calls, and their texts, were read off the real library, release 12.6.3: it checks
// descriptors without needing a device.

namespace {

struct StatusText {
  const char* name;
  const char* text;
};

constexpr std::array<StatusText, 12> status_texts = {{
    {"CUSPARSE_STATUS_SUCCESS", "success"},
    {"CUSPARSE_STATUS_NOT_INITIALIZED", "initialization error"},
    {"CUSPARSE_STATUS_ALLOC_FAILED", "out of memory"},
    {"CUSPARSE_STATUS_INVALID_VALUE", "invalid value"},
    {"CUSPARSE_STATUS_ARCH_MISMATCH", "architecture mismatch"},
    {"CUSPARSE_STATUS_MAPPING_ERROR", "texture memory mapping error"},
    {"CUSPARSE_STATUS_EXECUTION_FAILED", "kernel launch failure"},
    {"CUSPARSE_STATUS_INTERNAL_ERROR", "internal error"},
    {"CUSPARSE_STATUS_MATRIX_TYPE_NOT_SUPPORTED", "matrix type not supported"},
    {"CUSPARSE_STATUS_ZERO_PIVOT", "zero pivot"},
    {"CUSPARSE_STATUS_NOT_SUPPORTED", "operation not supported"},
    {"CUSPARSE_STATUS_INSUFFICIENT_RESOURCES", "insufficient resources"},
}};

StatusText text_of(cusparseStatus_t status) {
  const auto index = static_cast<std::size_t>(status);
  return index < status_texts.size() ? status_texts[index]
                                     : StatusText{"unrecognized error code", "unrecognized error code"};
}

/// 0 for a type that the twin does not know.
std::size_t size_of(cudaDataType type) { return type == CUDA_R_32F ? 4 : type == CUDA_R_64F ? 8 : 0; }
std::size_t size_of(cusparseIndexType_t type) {
  return type == CUSPARSE_INDEX_32I ? 4 : type == CUSPARSE_INDEX_64I ? 8 : 0;
}

bool aligned(const void* p, std::size_t bytes) { return reinterpret_cast<std::uintptr_t>(p) % bytes == 0; }

bool live(const void* handle) { return handle != nullptr && simt::is_handle(handle); }

template <class Descriptor>
cusparseStatus_t publish(const Descriptor& value, Descriptor** descriptor) {
  *descriptor = new Descriptor(value);
  simt::add_handle(*descriptor);
  return CUSPARSE_STATUS_SUCCESS;
}

/// Null is no error.
template <class Object>
cusparseStatus_t destroy(const Object* object) {
  if (object == nullptr) return CUSPARSE_STATUS_SUCCESS;
  if (!simt::remove_handle(object)) return CUSPARSE_STATUS_INVALID_VALUE;
  delete object;
  return CUSPARSE_STATUS_SUCCESS;
}

cusparseStatus_t create_sparse(cusparseSpMatDescr_t* descriptor, const cusparseSpMatDescr& m,
                               cusparseIndexType_t row_index_type) {
  const std::size_t index_bytes = size_of(m.index_type);
  const std::size_t value_bytes = size_of(m.value_type);
  if (descriptor == nullptr || m.rows < 0 || m.cols < 0 || m.nnz < 0) return CUSPARSE_STATUS_INVALID_VALUE;
  if (index_bytes == 0 || size_of(row_index_type) == 0 || value_bytes == 0) return CUSPARSE_STATUS_INVALID_VALUE;
  if (m.base != CUSPARSE_INDEX_BASE_ZERO && m.base != CUSPARSE_INDEX_BASE_ONE) return CUSPARSE_STATUS_INVALID_VALUE;
  if (row_index_type != m.index_type) return CUSPARSE_STATUS_NOT_SUPPORTED;
  if (!aligned(m.row_index, index_bytes) || !aligned(m.col_index, index_bytes) || !aligned(m.values, value_bytes)) {
    return CUSPARSE_STATUS_INVALID_VALUE;
  }
  if (m.rows == 0 || m.cols == 0 ? m.nnz > 0 : m.nnz / m.rows > m.cols || (m.nnz + m.rows - 1) / m.rows > m.cols) {
    return CUSPARSE_STATUS_INVALID_VALUE;
  }
  const std::int64_t max_index = std::numeric_limits<std::int32_t>::max() - m.base;
  if (index_bytes == 4 && (m.rows > max_index || m.cols > max_index || m.nnz > max_index)) {
    return CUSPARSE_STATUS_INVALID_VALUE;
  }
  return publish(m, descriptor);
}

cusparseStatus_t set_pointers(cusparseSpMatDescr_t m, SparseFormat format, const void* rows, const void* cols,
                              void* values) {
  if (!live(m) || m->format != format) return CUSPARSE_STATUS_INVALID_VALUE;
  const std::size_t index_bytes = size_of(m->index_type);
  if (!aligned(rows, index_bytes) || !aligned(cols, index_bytes) || !aligned(values, size_of(m->value_type))) {
    return CUSPARSE_STATUS_INVALID_VALUE;
  }
  m->row_index = rows;
  m->col_index = cols;
  m->values = values;
  return CUSPARSE_STATUS_SUCCESS;
}

template <class Object, class T>
cusparseStatus_t set(Object* object, T Object::*field, T value) {
  if (!live(object)) return CUSPARSE_STATUS_INVALID_VALUE;
  object->*field = value;
  return CUSPARSE_STATUS_SUCCESS;
}

template <class T>
cusparseStatus_t get(cusparseHandle_t handle, T cusparseContext::*field, T* value) {
  if (!live(handle) || value == nullptr) return CUSPARSE_STATUS_INVALID_VALUE;
  *value = handle->*field;
  return CUSPARSE_STATUS_SUCCESS;
}

}  // namespace

const char* cusparseGetErrorName(cusparseStatus_t status) { return text_of(status).name; }
const char* cusparseGetErrorString(cusparseStatus_t status) { return text_of(status).text; }

cusparseStatus_t cusparseCreate(cusparseHandle_t* handle) {
  if (handle == nullptr) return CUSPARSE_STATUS_INVALID_VALUE;
  if (simt::device_state() != cudaSuccess) return CUSPARSE_STATUS_NOT_INITIALIZED;
  return publish(cusparseContext{}, handle);
}

cusparseStatus_t cusparseDestroy(cusparseHandle_t handle) { return destroy(handle); }

cusparseStatus_t cusparseGetVersion(cusparseHandle_t handle, int* version) {
  if (!live(handle) || version == nullptr) return CUSPARSE_STATUS_INVALID_VALUE;
  *version = 12603;
  return CUSPARSE_STATUS_SUCCESS;
}

cusparseStatus_t cusparseSetStream(cusparseHandle_t handle, cudaStream_t streamId) {
  return set(handle, &cusparseContext::stream, streamId);
}

cusparseStatus_t cusparseGetStream(cusparseHandle_t handle, cudaStream_t* streamId) {
  return get(handle, &cusparseContext::stream, streamId);
}

cusparseStatus_t cusparseSetPointerMode(cusparseHandle_t handle, cusparsePointerMode_t mode) {
  return set(handle, &cusparseContext::pointer_mode, mode);
}

cusparseStatus_t cusparseGetPointerMode(cusparseHandle_t handle, cusparsePointerMode_t* mode) {
  return get(handle, &cusparseContext::pointer_mode, mode);
}

cusparseStatus_t cusparseCreateCsr(cusparseSpMatDescr_t* spMatDescr, int64_t rows, int64_t cols, int64_t nnz,
                                   void* csrRowOffsets, void* csrColInd, void* csrValues,
                                   cusparseIndexType_t csrRowOffsetsType, cusparseIndexType_t csrColIndType,
                                   cusparseIndexBase_t idxBase, cudaDataType valueType) {
  const cusparseSpMatDescr m{SparseFormat::csr, rows,      cols,          nnz,     csrRowOffsets,
                             csrColInd,         csrValues, csrColIndType, idxBase, valueType};
  return create_sparse(spMatDescr, m, csrRowOffsetsType);
}

cusparseStatus_t cusparseCreateCoo(cusparseSpMatDescr_t* spMatDescr, int64_t rows, int64_t cols, int64_t nnz,
                                   void* cooRowInd, void* cooColInd, void* cooValues, cusparseIndexType_t cooIdxType,
                                   cusparseIndexBase_t idxBase, cudaDataType valueType) {
  const cusparseSpMatDescr m{SparseFormat::coo, rows,      cols,       nnz,     cooRowInd,
                             cooColInd,         cooValues, cooIdxType, idxBase, valueType};
  return create_sparse(spMatDescr, m, cooIdxType);
}

// The functions that take a const descriptor do not write, so the const_casts below are never written through.

cusparseStatus_t cusparseCreateConstCsr(cusparseConstSpMatDescr_t* spMatDescr, int64_t rows, int64_t cols, int64_t nnz,
                                        const void* csrRowOffsets, const void* csrColInd, const void* csrValues,
                                        cusparseIndexType_t csrRowOffsetsType, cusparseIndexType_t csrColIndType,
                                        cusparseIndexBase_t idxBase, cudaDataType valueType) {
  return cusparseCreateCsr(const_cast<cusparseSpMatDescr_t*>(spMatDescr), rows, cols, nnz,
                           const_cast<void*>(csrRowOffsets), const_cast<void*>(csrColInd), const_cast<void*>(csrValues),
                           csrRowOffsetsType, csrColIndType, idxBase, valueType);
}

cusparseStatus_t cusparseCreateConstCoo(cusparseConstSpMatDescr_t* spMatDescr, int64_t rows, int64_t cols, int64_t nnz,
                                        const void* cooRowInd, const void* cooColInd, const void* cooValues,
                                        cusparseIndexType_t cooIdxType, cusparseIndexBase_t idxBase,
                                        cudaDataType valueType) {
  return cusparseCreateCoo(const_cast<cusparseSpMatDescr_t*>(spMatDescr), rows, cols, nnz, const_cast<void*>(cooRowInd),
                           const_cast<void*>(cooColInd), const_cast<void*>(cooValues), cooIdxType, idxBase, valueType);
}

cusparseStatus_t cusparseDestroySpMat(cusparseConstSpMatDescr_t spMatDescr) { return destroy(spMatDescr); }

cusparseStatus_t cusparseCsrSetPointers(cusparseSpMatDescr_t spMatDescr, void* csrRowOffsets, void* csrColInd,
                                        void* csrValues) {
  return set_pointers(spMatDescr, SparseFormat::csr, csrRowOffsets, csrColInd, csrValues);
}

cusparseStatus_t cusparseCooSetPointers(cusparseSpMatDescr_t spMatDescr, void* cooRows, void* cooColumns,
                                        void* cooValues) {
  return set_pointers(spMatDescr, SparseFormat::coo, cooRows, cooColumns, cooValues);
}

cusparseStatus_t cusparseSpMatSetValues(cusparseSpMatDescr_t spMatDescr, void* values) {
  return set(spMatDescr, &cusparseSpMatDescr::values, values);
}

cusparseStatus_t cusparseSpMatGetSize(cusparseConstSpMatDescr_t spMatDescr, int64_t* rows, int64_t* cols,
                                      int64_t* nnz) {
  if (!live(spMatDescr)) return CUSPARSE_STATUS_INVALID_VALUE;
  *rows = spMatDescr->rows;
  *cols = spMatDescr->cols;
  *nnz = spMatDescr->nnz;
  return CUSPARSE_STATUS_SUCCESS;
}

cusparseStatus_t cusparseCreateDnMat(cusparseDnMatDescr_t* dnMatDescr, int64_t rows, int64_t cols, int64_t ld,
                                     void* values, cudaDataType valueType, cusparseOrder_t order) {
  const std::size_t value_bytes = size_of(valueType);
  if (dnMatDescr == nullptr || rows < 0 || cols < 0 || value_bytes == 0) return CUSPARSE_STATUS_INVALID_VALUE;
  if (order != CUSPARSE_ORDER_COL && order != CUSPARSE_ORDER_ROW) return CUSPARSE_STATUS_INVALID_VALUE;
  if (ld < (order == CUSPARSE_ORDER_ROW ? cols : rows)) return CUSPARSE_STATUS_INVALID_VALUE;
  if (!aligned(values, value_bytes)) return CUSPARSE_STATUS_INVALID_VALUE;
  return publish(cusparseDnMatDescr{rows, cols, ld, values, valueType, order}, dnMatDescr);
}

cusparseStatus_t cusparseCreateConstDnMat(cusparseConstDnMatDescr_t* dnMatDescr, int64_t rows, int64_t cols, int64_t ld,
                                          const void* values, cudaDataType valueType, cusparseOrder_t order) {
  return cusparseCreateDnMat(const_cast<cusparseDnMatDescr_t*>(dnMatDescr), rows, cols, ld, const_cast<void*>(values),
                             valueType, order);
}

cusparseStatus_t cusparseDestroyDnMat(cusparseConstDnMatDescr_t dnMatDescr) { return destroy(dnMatDescr); }

cusparseStatus_t cusparseDnMatSetValues(cusparseDnMatDescr_t dnMatDescr, void* values) {
  return set(dnMatDescr, &cusparseDnMatDescr::values, values);
}
