// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/cuda.hpp"
#include "backend/cuda_check.hpp"
#include "bench/report.hpp"

// Times work on a CUDA stream with events.  The rules: 3 calls that are not counted; 20 that are, enqueued without a wait
// between them, so that the device is never idle and its clock holds; the median and the 10th and 90th percentile; inputs
// that are only streamed (ids, entries) exist in two copies used in turn, so that no cache holds them from the call before;
// outputs are poisoned first and checked afterwards.

namespace rankfill::bench {

class Event {
 public:
  Event() { check(cudaEventCreate(&event_), "cudaEventCreate"); }
  Event(Event&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  Event& operator=(Event&&) = delete;
  ~Event() {
    if (event_) ignore(cudaEventDestroy(event_));
  }
  void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream), "cudaEventRecord"); }
  double seconds_since(const Event& start) const {
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, start.event_, event_), "cudaEventElapsedTime");
    return 1e-3 * double{milliseconds};
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// How hard to measure.  A case that would take longer than most_seconds is repeated fewer times, never less than 3; the
/// record tells how often.
struct Effort {
  int warm_up = 3;
  int repeats = 20;
  double most_seconds = 2;
};

/// Times body(copy), copy = r % copies for repetition r.  prepare(): enqueued ahead of every call, outside its time.
template <class Body, class Before>
Spread measure(CudaBackend& backend, const Effort& effort, int copies, const Body& body, const Before& prepare) {
  for (int r = 0; r < effort.warm_up; ++r) {
    prepare();
    body(r % copies);
  }
  prepare();
  backend.wait();
  const auto start = std::chrono::steady_clock::now();
  body(0);
  backend.wait();
  const double once = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double affordable = effort.most_seconds / std::max(once, 1e-9);
  const int repeats = affordable < effort.repeats ? std::max(std::min(3, effort.repeats), static_cast<int>(affordable))
                                                  : effort.repeats;
  std::vector<std::pair<Event, Event>> marks(static_cast<std::size_t>(repeats));
  for (int r = 0; r < repeats; ++r) {
    auto& [before, after] = marks[static_cast<std::size_t>(r)];
    prepare();
    before.record(backend.stream());
    body((r + 1) % copies);
    after.record(backend.stream());
  }
  backend.wait();
  std::vector<double> seconds;
  for (const auto& [before, after] : marks) seconds.push_back(after.seconds_since(before));
  return spread_of(std::move(seconds));
}
template <class Body>
Spread measure(CudaBackend& backend, const Effort& effort, int copies, const Body& body) {
  return measure(backend, effort, copies, body, [] {});
}

/// Every byte 0xFF: NaN as a number, and no sum we expect.
inline void poison(CudaBackend& backend, void* p, std::size_t bytes) {
  if (bytes > 0) check(cudaMemsetAsync(p, 0xFF, bytes, backend.stream()), "cudaMemsetAsync");
}

/// What the device and its libraries call themselves, for the record.
inline Json device_description(const CudaBackend& backend) {
  cudaDeviceProp properties{};
  int device = 0, driver = 0, runtime = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  return {{"name", properties.name},
          {"compute_capability", properties.major * 10 + properties.minor},
          {"multiprocessors", properties.multiProcessorCount},
          {"l2_bytes", properties.l2CacheSize},
          {"memory_bytes", properties.totalGlobalMem},
          {"free_bytes", backend.free_bytes()},
          {"cuda_driver", driver},
          {"cuda_runtime", runtime}};
}

}  // namespace rankfill::bench
