// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "backend/backend.hpp"

namespace rankfill {

/// Host memory and a number of threads.  Every kernel gives the same bits for any number of threads: sums are taken over
/// fixed blocks of rows and added in block order (see `ordered_sum`).
class CpuBackend {
 public:
  /// 0 threads: all the process may use.
  explicit CpuBackend(int threads = 0);

  /// What AlsOptions::cg_steps = -1 means here.  Three warm steps go as far per sweep as exact solves.
  template <class T>
  static constexpr int automatic_cg_steps(int rank) {
    return sizeof(T) > sizeof(float) || rank <= 16 ? 0 : 3;
  }
  /// Whether kernels want row plans.
  static constexpr bool kPlansRows = false;

  int threads() const { return threads_; }
  std::string name() const;

  void* allocate(std::size_t bytes, const char* purpose);  ///< aligned to a cache line, or, if large, to a large page
  void release(void* p, std::size_t bytes) noexcept;
  void upload(void* to, const void* from, std::size_t bytes) { copy(to, from, bytes); }
  void upload_staged(void* to, const void* from, std::size_t bytes) { copy(to, from, bytes); }
  void download(void* to, const void* from, std::size_t bytes) { copy(to, from, bytes); }
  void copy(void* to, const void* from, std::size_t bytes);
  void fill_zero(void* p, std::size_t bytes);
  /// Runs `body`.  See CudaBackend::repeat.
  struct Recording {};
  template <class Body>
  void repeat(Recording&, std::initializer_list<const void*>, const Body& body) {
    body();
  }
  std::uint64_t peak_bytes() const { return peak_bytes_; }

 private:
  int threads_;
  std::uint64_t bytes_ = 0, peak_bytes_ = 0;
};

/// The processors this process may run on.
int available_threads();

}  // namespace rankfill
