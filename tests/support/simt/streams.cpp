// SPDX-License-Identifier: Apache-2.0
#include "streams.hpp"

#include <algorithm>
#include <cstring>
#include <deque>

namespace simt {
namespace {

struct LateCopy {
  cudaStream_t stream;
  std::int64_t number;
  void* to;
  const void* from;
  std::size_t bytes;
};

struct LateCopies {
  std::deque<LateCopy> waiting;  // of all streams, in order
  std::int64_t enqueued = 0;
};

LateCopies& late_copies() {
  static LateCopies copies;
  return copies;
}

template <class Due>
void run_those(const Due& due) {
  const std::lock_guard lock(machine().mutex);
  auto& waiting = late_copies().waiting;
  if (std::none_of(waiting.begin(), waiting.end(), due)) return;
  const DeviceAccess access;
  for (const LateCopy& copy : waiting)
    if (due(copy)) std::memmove(copy.to, copy.from, copy.bytes);
  std::erase_if(waiting, due);
}

}  // namespace

bool valid_stream(cudaStream_t stream) { return stream == nullptr || is_handle(stream); }

void copy_late(cudaStream_t stream, void* to, const void* from, std::size_t bytes) {
  const std::lock_guard lock(machine().mutex);
  LateCopies& copies = late_copies();
  copies.waiting.push_back({stream, ++copies.enqueued, to, from, bytes});
}

std::int64_t work_mark() { return late_copies().enqueued; }

void settle(cudaStream_t stream, std::int64_t until) {
  run_those([&](const LateCopy& copy) { return copy.stream == stream && copy.number <= until; });
}

void settle_all() {
  run_those([](const LateCopy&) { return true; });
}

void count_wait() {
  const std::lock_guard lock(machine().mutex);
  ++machine().waits;
}

}  // namespace simt
