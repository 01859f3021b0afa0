// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu.hpp"

#include <omp.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace rankfill {

namespace {
constexpr std::size_t kLargePage = std::size_t{2} << 20;  // rows are fetched from all over: small pages miss the TLB

std::align_val_t alignment_of(std::size_t bytes) {
  return std::align_val_t{bytes >= kLargePage ? kLargePage : 64};  // a cache line, and the widest vector
}
}  // namespace

int available_threads() { return std::max(1, omp_get_num_procs()); }

CpuBackend::CpuBackend(int threads) : threads_(threads > 0 ? threads : available_threads()) {}

std::string CpuBackend::name() const {
  return "cpu (" + std::to_string(threads_) + (threads_ == 1 ? " thread)" : " threads)");
}

void* CpuBackend::allocate(std::size_t bytes, const char*) {
  void* p = ::operator new(bytes, alignment_of(bytes));
  if (bytes >= kLargePage) ::madvise(p, bytes, MADV_HUGEPAGE);  // advice only
  bytes_ += bytes;
  peak_bytes_ = std::max(peak_bytes_, bytes_);
  return p;
}

void CpuBackend::release(void* p, std::size_t bytes) noexcept {
  ::operator delete(p, alignment_of(bytes));
  bytes_ -= bytes;
}

// The C library wants pointers also for nothing, where there may be none.
void CpuBackend::copy(void* to, const void* from, std::size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

void CpuBackend::fill_zero(void* p, std::size_t bytes) {
  if (bytes > 0) std::memset(p, 0, bytes);
}

}  // namespace rankfill
