// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// The seam.  A backend owns a device, its memory and its library handles; containers below hold memory of exactly one
// backend, so a host pointer cannot reach a CUDA kernel.  Kernels are plain functions overloaded on the backend
// (kernels/*.hpp); solvers are templates over it.  Containers are left unconstrained because the kernel contracts use them
// with forward-declared backends.

namespace rankfill {

/// What a solver may ask of a backend, beyond the kernels.  Copies are in bytes; `download` waits, the others need not.
template <class B>
concept Backend = requires(B& b, void* p, const void* q, std::size_t bytes, const char* purpose,
                           typename B::Recording& recording) {
  { b.allocate(bytes, purpose) } -> std::same_as<void*>;
  { b.release(p, bytes) }
  noexcept;
  {b.upload(p, q, bytes)};
  {b.download(p, q, bytes)};
  {b.copy(p, q, bytes)};
  {b.fill_zero(p, bytes)};
  {b.repeat(recording, {q}, [] {})};
  { b.name() } -> std::convertible_to<std::string>;
  { b.peak_bytes() } -> std::convertible_to<std::uint64_t>;
};

/// `size` elements of T in the memory of backend B.  Move-only; the backend must outlive it.  New memory is not cleared.
template <class T, class B>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  /// `purpose` names the memory in OutOfDeviceMemory.
  Buffer(B& backend, std::int64_t size, const char* purpose)
      : backend_(&backend),
        data_(size > 0 ? static_cast<T*>(backend.allocate(static_cast<std::size_t>(size) * sizeof(T), purpose))
                       : nullptr),
        size_(size) {}
  Buffer(B& backend, const std::vector<T>& host, const char* purpose)
      : Buffer(backend, static_cast<std::int64_t>(host.size()), purpose) {
    if (size_ > 0) backend.upload(data_, host.data(), bytes());
  }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer moved(std::move(other));
    swap(moved);
    return *this;
  }
  ~Buffer() {
    if (data_) backend_->release(data_, bytes());
  }

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  std::int64_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t bytes() const noexcept { return static_cast<std::size_t>(size_) * sizeof(T); }

  /// Waits for the backend, then copies everything to the host.
  std::vector<T> download() const {
    std::vector<T> host(static_cast<std::size_t>(size_));
    if (size_ > 0) backend_->download(host.data(), data_, bytes());
    return host;
  }
  void upload(const std::vector<T>& host) {
    if (size_ > 0) backend_->upload(data_, host.data(), bytes());
  }
  /// Enqueues; sizes must agree.
  void copy_from(const Buffer& other) {
    if (size_ > 0) backend_->copy(data_, other.data_, bytes());
  }
  void fill_zero() {
    if (size_ > 0) backend_->fill_zero(data_, bytes());
  }

 private:
  void swap(Buffer& other) noexcept {
    std::swap(backend_, other.backend_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }
  B* backend_ = nullptr;
  T* data_ = nullptr;
  std::int64_t size_ = 0;
};

/// Dense row-major matrix, one row of `rank` numbers per row (or column) of the data.
template <class T, class B>
struct Factor {
  Factor() = default;
  Factor(B& backend, std::int64_t num_rows, int rank, const char* purpose)
      : num_rows(num_rows), rank(rank), values(backend, num_rows * rank, purpose) {}

  std::int64_t num_rows = 0;
  int rank = 0;
  Buffer<T, B> values;
};

/// The pair (U, V), or anything of that shape: a gradient, a direction.
template <class T, class B>
struct Factors {
  Factors() = default;
  Factors(B& backend, std::int64_t num_rows, std::int64_t num_cols, int rank, const char* purpose)
      : row(backend, num_rows, rank, purpose), col(backend, num_cols, rank, purpose) {}
  void copy_from(const Factors& other) {
    row.values.copy_from(other.row.values);
    col.values.copy_from(other.col.values);
  }
  void fill_zero() {
    row.values.fill_zero();
    col.values.fill_zero();
  }

  Factor<T, B> row;  ///< m x k
  Factor<T, B> col;  ///< n x k
};

/// One piece of a row: the unit of work that a warp or a block takes.  Pieces and their order are a property of the data, so
/// sums over them have the same bits every time.
struct Chunk {
  std::int64_t first = 0;   ///< its first entry
  std::int32_t length = 0;  ///< its number of entries
  std::int32_t row = 0;
  std::int32_t slot =
      -1;  ///< where its partial result goes; -1: it is the whole row, the result goes to the row itself
  std::int32_t unused = 0;
};

/// A row of several chunks: its result is the sum of `num_slots` partial results, in order.
struct SplitRow {
  std::int32_t row = 0;
  std::int32_t first_slot = 0;
  std::int32_t num_slots = 0;
};

/// Who does which rows.  See problem/row_plan.hpp.  Every row with entries is in exactly one of the two lists.
template <class B>
struct RowPlan {
  Buffer<Chunk, B> chunks;             ///< of long rows, longest first
  Buffer<std::int32_t, B> short_rows;  ///< too short for a worker of their own; longest first
  Buffer<std::int32_t, B> empty_rows;  ///< rows without entries, ascending
  Buffer<SplitRow, B> split_rows;      ///< rows of several chunks
  std::int32_t num_slots = 0;          ///< partial results in all
};

/// Sparse matrix in compressed row order; columns ascend within a row.  64-bit offsets.  A backend may store columns and
/// values narrower than they are; then col_idx or values is empty.
template <class T, class B>
struct Csr {
  std::int64_t num_rows = 0;
  std::int64_t num_cols = 0;
  std::int64_t num_entries = 0;
  Buffer<std::int64_t, B> row_ptr;  ///< num_rows + 1
  Buffer<std::int32_t, B> col_idx;  ///< num_entries
  Buffer<T, B> values;              ///< num_entries

  // Narrow storage: in place of the two above.
  Buffer<std::uint16_t, B> narrow_col_idx;  ///< num_entries, when num_cols <= 65536
  Buffer<std::uint8_t, B> codes8;           ///< value = code_offset + code_step * code, when that loses nothing
  Buffer<std::uint16_t, B> codes16;         ///< the same in 16 bits
  T code_offset = 0, code_step = 0;

  /// The first hot_cols columns have far more entries than others: kernels keep what they fetch of them near.  0: no telling.
  std::int64_t hot_cols = 0;

  RowPlan<B> gradient_plan;  ///< for kernels that give a row to a warp; empty where the backend wants none
  RowPlan<B> solve_plan;     ///< for kernels that give a row to a block
};

/// In what precision a kernel may fetch the rows of the other factor.  `half`: from a float16 copy made for the call; sums,
/// the rows' own factor and results stay in T.  The CPU always fetches in full.
enum class Gather { full, half };

/// The observed entries in both orders, and the row of each entry (COO) for the backends and formulations that want it.
template <class T, class B>
struct Observations {
  Csr<T, B> by_row;                 ///< m x n
  Csr<T, B> by_col;                 ///< n x m: the transpose
  Buffer<std::int32_t, B> row_idx;  ///< row of each entry of by_row; empty unless asked for
};

/// Index sets I and J, ascending, that hold all of Omega, and M_IJ: dense, row-major, NaN where not observed.
template <class T, class B>
struct Block {
  std::int64_t num_rows = 0;     ///< |I|; 0: nobody asked
  std::int64_t num_cols = 0;     ///< |J|
  Buffer<std::int32_t, B> rows;  ///< I
  Buffer<std::int32_t, B> cols;  ///< J
  Buffer<T, B> values;           ///< M_IJ, |I| x |J|
  Buffer<T, B> residual;         ///< scratch of the same shape
  bool empty() const { return num_rows == 0; }
};

}  // namespace rankfill
