// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace rankfill::data {

/// `asked` threads, or all of the machine's when it is 0 or less.
inline int thread_count(int asked) {
  return asked > 0 ? asked : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

/// Calls body(0, worker) ... body(count - 1, worker), each once, on at most `threads` threads, the calling one among them.
/// Waits.  No two calls run at a time with the same worker, 0 <= worker < threads: it may have storage of its own.
///
/// Rethrows the exception of the lowest index that threw, so the outcome does not depend on the number of threads:
/// indices are handed out in ascending order and none is abandoned once begun.
template <class Body>
void parallel_for_workers(std::int64_t count, int threads, const Body& body) {
  const std::int64_t workers = std::min<std::int64_t>(threads, count);
  if (workers <= 1) {
    for (std::int64_t i = 0; i < count; ++i) body(i, 0);
    return;
  }
  std::atomic<std::int64_t> next{0};
  std::mutex guard;
  std::int64_t failed_at = count;
  std::exception_ptr failure;
  std::atomic<bool> stop{false};
  const auto work = [&](int worker) {
    while (!stop.load(std::memory_order_relaxed)) {
      const std::int64_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= count) return;
      try {
        body(i, worker);
      } catch (...) {
        const std::lock_guard lock(guard);
        if (i < failed_at) {
          failed_at = i;
          failure = std::current_exception();
        }
        stop = true;
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    helpers.reserve(static_cast<std::size_t>(workers - 1));
    try {
      for (int w = 1; w < workers; ++w) helpers.emplace_back(work, w);
    } catch (const std::system_error&) {
      // No more threads to be had: those there are, and this one, do the work.
    }
    work(0);
  }
  if (failure) std::rethrow_exception(failure);
}

/// The same without the workers' numbers: body(i).
template <class Body>
void parallel_for(std::int64_t count, int threads, const Body& body) {
  parallel_for_workers(count, threads, [&](std::int64_t i, int) { body(i); });
}

}  // namespace rankfill::data
