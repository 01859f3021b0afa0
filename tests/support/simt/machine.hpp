// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <unordered_set>

#include "include/cuda_runtime_api.h"

/// The state behind the twins of the runtime, cuBLAS and cuSPARSE.
namespace simt {

inline constexpr int max_devices = 16;
inline constexpr std::size_t default_shared_limit = 48 * 1024;
inline constexpr std::size_t opt_in_shared_limit = 227 * 1024;

struct Allocation {
  std::size_t bytes = 0;
  int device = 0;
  bool pinned = false;  // host memory that the device can reach
};

struct Machine {
  std::recursive_mutex mutex;
  int device_count = 1;
  std::size_t memory_limit = 0;
  std::uint64_t seed = 0;
  std::int64_t allocations_before_failure = -1;
  std::int64_t launches = 0;
  std::int64_t kernels_run = 0;  // launched or replayed
  std::int64_t graph_launches = 0;
  std::int64_t captures = 0;
  bool replaying = false;  // a graph is being done
  std::int64_t waits = 0;
  std::int64_t bytes_to_host = 0;
  std::int64_t allocations_made = 0;
  cudaError_t fault = cudaSuccess;
  std::string fault_message;
  std::map<std::uintptr_t, Allocation> allocations;
  std::array<std::size_t, max_devices> used_bytes{};
  std::map<const void*, std::size_t> shared_limit;  // kernels that opted in to more
  std::unordered_set<const void*> handles;
  int accessors = 0;  // while not 0, host code may touch device memory
};

Machine& machine();
int current_device();

/// Remembers an error for cudaGetLastError and returns it.
cudaError_t record(cudaError_t status);
/// The reason, if any, for which no call that needs the device can work; recorded.
cudaError_t device_state();

/// The allocation that holds all of [p, p + bytes), or null.
const Allocation* find_allocation(const void* p, std::size_t bytes);
/// True if a kernel may use `p`: device or pinned memory.
bool device_reachable(const void* p);

/// True if a library may use `p` as the scalar that its pointer mode announces; pinned memory serves both.
bool scalar_reachable(const void* p, std::size_t bytes, bool device_mode);

/// Device memory is closed to the host under ASan, so that dereferencing a device pointer is reported.  Kernels, copies
/// and the library twins hold one of these.
class DeviceAccess {
 public:
  DeviceAccess();
  ~DeviceAccess();
  DeviceAccess(const DeviceAccess&) = delete;
  DeviceAccess& operator=(const DeviceAccess&) = delete;
};

void add_handle(const void* handle);
/// False if it was not live.
bool remove_handle(const void* handle);
bool is_handle(const void* handle);

}  // namespace simt
