// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "backend/cpu.hpp"
#include "rankfill/device_entries.hpp"
#include "rankfill/entries.hpp"

namespace rankfill {

/// A compressed sparse matrix on the host, before it goes to a backend.
struct HostCsr {
  std::int64_t num_rows = 0, num_cols = 0;
  std::vector<std::int64_t> row_ptr;
  std::vector<std::int32_t> col_idx;
  std::vector<double> values;
};

/// The arrays of a compressed matrix, wherever they are.  T may be const.
template <class T>
struct CsrSpan {
  template <class X>
  using Like = std::conditional_t<std::is_const_v<T>, const X, X>;
  std::span<Like<std::int64_t>> row_ptr;
  Like<std::int32_t>* col_idx = nullptr;
  T* values = nullptr;
};

// Deterministic for any number of threads.

/// Are the entries in row order, columns ascending within a row (equal pairs allowed), and all indices known?
bool is_sorted_by_row(const CpuBackend&, const Entries& entries);

/// row_ptr[i] = first entry of row i, of rows that ascend.
void find_row_starts(const CpuBackend&, const std::vector<std::int32_t>& rows, std::span<std::int64_t> row_ptr);

/// The entries column by column, in their order within each; `values` stand for their own.  Entries with a negative index are
/// left out.  One counting sort.
template <class T>
void gather_by_col(const CpuBackend&, const Entries& entries, const T* values, const CsrSpan<T>& by_col);

/// The transpose; what is in one row of `from` stays in its order.  One counting sort.
template <class T>
void transpose(const CpuBackend&, const CsrSpan<const T>& from, const CsrSpan<T>& to);

/// Entries in row order, columns ascending within a row (equal pairs keep their order).  Two counting sorts.
/// Entries with a negative index are left out.
HostCsr sort_by_row(const Entries& entries, const std::vector<double>& values,
                    const CpuBackend& backend = CpuBackend());

/// The transpose, in row order of its own.
HostCsr transpose(const HostCsr& m, const CpuBackend& backend = CpuBackend());

/// *Throws* InvalidData: shape out of range, array lengths that disagree, no entries.
void validate_shape(const Entries& entries);
void validate_shape(const DeviceEntries& entries);

/// *Throws* InvalidData if entry p has an index out of range or a value that is not finite; with `unseen_allowed` (held-out
/// data) an index of -1 passes.
void validate_entry(const Entries& entries, std::size_t p, bool unseen_allowed);
/// The same of entry p on a device, which is at (row, col).
void validate_entry(const DeviceEntries& entries, std::int64_t p, std::int64_t row, std::int64_t col, double value,
                    bool unseen_allowed);

/// Both, for the first entry that is bad.
void validate_entries(const Entries& entries, bool unseen_allowed, const CpuBackend& backend = CpuBackend());

/// *Throws* InvalidData naming the first pair stored twice, of a matrix whose columns ascend within a row.
void reject_duplicates(const CpuBackend&, std::span<const std::int64_t> row_ptr, const std::int32_t* col_idx,
                       const Entries& entries);
inline void reject_duplicates(const HostCsr& by_row, const Entries& entries) {
  reject_duplicates(CpuBackend(), by_row.row_ptr, by_row.col_idx.data(), entries);
}

/// That error.
[[noreturn]] void throw_duplicate(const Entries& entries, std::int32_t row, std::int32_t col);
[[noreturn]] void throw_duplicate(const DeviceEntries& entries, std::int32_t row, std::int32_t col);

}  // namespace rankfill
