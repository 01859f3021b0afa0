// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "include/cusparse.h"

struct cusparseContext {
  cudaStream_t stream = nullptr;
  cusparsePointerMode_t pointer_mode = CUSPARSE_POINTER_MODE_HOST;
};

enum class SparseFormat { csr, coo };

struct cusparseSpMatDescr {
  SparseFormat format;
  std::int64_t rows, cols, nnz;
  const void* row_index;  // offsets for CSR, a row for each entry for COO
  const void* col_index;
  void* values;
  cusparseIndexType_t index_type;
  cusparseIndexBase_t base;
  cudaDataType value_type;
};

struct cusparseDnMatDescr {
  std::int64_t rows, cols, ld;
  void* values;
  cudaDataType value_type;
  cusparseOrder_t order;
};
