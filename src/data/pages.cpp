// SPDX-License-Identifier: Apache-2.0
#include "data/pages.hpp"

#include <sys/mman.h>

#include <cstdint>

#include "data/parallel.hpp"

namespace rankfill::data {

void make_pages(void* begin, std::size_t bytes, int threads) {
  constexpr std::uintptr_t kLargePage = std::uintptr_t{2} << 20;
  constexpr int kPopulateForWriting =
      23;  // MADV_POPULATE_WRITE, since Linux 5.14; older ones refuse, and no harm is done
  const auto first = (reinterpret_cast<std::uintptr_t>(begin) + kLargePage - 1) / kLargePage,
             last = (reinterpret_cast<std::uintptr_t>(begin) + bytes) / kLargePage;
  if (first >= last) return;
  const auto page = [&](std::uintptr_t k) { return reinterpret_cast<void*>((first + k) * kLargePage); };
  ::madvise(page(0), (last - first) * kLargePage, MADV_HUGEPAGE);
  parallel_for(static_cast<std::int64_t>(last - first), threads, [&](std::int64_t k) {
    ::madvise(page(static_cast<std::uintptr_t>(k)), kLargePage, kPopulateForWriting);
  });
}

}  // namespace rankfill::data
