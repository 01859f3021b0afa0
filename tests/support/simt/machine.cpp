// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"

#include <algorithm>
#include <cstdlib>

#include "address_sanitizer.hpp"
#include "control.hpp"

namespace simt {
namespace {

constexpr std::size_t default_memory_limit = std::size_t{8} << 30;

thread_local cudaError_t last_error = cudaSuccess;

std::uint64_t default_seed() {
  const char* text = std::getenv("SIMT_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

template <class Change>
void change_host_access(const Machine& m, Change change) {
  if constexpr (!address_sanitizer) return;
  for (const auto& [address, allocation] : m.allocations) {
    if (!allocation.pinned) change(reinterpret_cast<const void*>(address), allocation.bytes);
  }
}

}  // namespace

Machine& machine() {
  static Machine& m = []() -> Machine& {
    static Machine initial;
    initial.memory_limit = default_memory_limit;
    initial.seed = default_seed();
    return initial;
  }();
  return m;
}

cudaError_t record(cudaError_t status) {
  if (status != cudaSuccess && status != cudaErrorNotReady) last_error = status;
  return status;
}

cudaError_t device_state() {
  const Machine& m = machine();
  if (m.device_count == 0) return record(cudaErrorNoDevice);
  return record(m.fault);
}

const Allocation* find_allocation(const void* p, std::size_t bytes) {
  Machine& m = machine();
  const std::lock_guard lock(m.mutex);
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  auto next = m.allocations.upper_bound(address);
  if (next == m.allocations.begin()) return nullptr;
  const auto& [begin, allocation] = *--next;
  const std::size_t offset = address - begin;
  return offset <= allocation.bytes && bytes <= allocation.bytes - offset ? &allocation : nullptr;
}

bool device_reachable(const void* p) { return find_allocation(p, 1) != nullptr; }

bool scalar_reachable(const void* p, std::size_t bytes, bool device_mode) {
  const Allocation* allocation = find_allocation(p, bytes);
  return device_mode ? allocation != nullptr : allocation == nullptr || allocation->pinned;
}

DeviceAccess::DeviceAccess() {
  Machine& m = machine();
  const std::lock_guard lock(m.mutex);
  if (m.accessors++ == 0) change_host_access(m, show_to_host);
}

DeviceAccess::~DeviceAccess() {
  Machine& m = machine();
  const std::lock_guard lock(m.mutex);
  if (--m.accessors == 0) change_host_access(m, hide_from_host);
}

void add_handle(const void* handle) {
  Machine& m = machine();
  const std::lock_guard lock(m.mutex);
  m.handles.insert(handle);
}

bool remove_handle(const void* handle) {
  Machine& m = machine();
  const std::lock_guard lock(m.mutex);
  return m.handles.erase(handle) != 0;
}

bool is_handle(const void* handle) {
  Machine& m = machine();
  const std::lock_guard lock(m.mutex);
  return m.handles.contains(handle);
}

void reset() {
  Machine& m = machine();
  const std::lock_guard lock(m.mutex);
  m.device_count = 1;
  m.memory_limit = default_memory_limit;
  m.seed = default_seed();
  m.allocations_before_failure = -1;
  m.launches = 0;
  m.kernels_run = 0;
  m.graph_launches = 0;
  m.captures = 0;
  m.waits = 0;
  m.bytes_to_host = 0;
  m.allocations_made = 0;
  m.fault = cudaSuccess;
  m.fault_message.clear();
  cudaSetDevice(0);
  last_error = cudaSuccess;
}

void set_device_count(int count) { machine().device_count = std::clamp(count, 0, max_devices); }
void set_memory_limit(std::size_t bytes) { machine().memory_limit = bytes; }
void set_seed(std::uint64_t seed) { machine().seed = seed; }
void fail_allocation_after(std::int64_t successes) { machine().allocations_before_failure = successes; }

std::int64_t num_launches() { return machine().launches; }
std::int64_t num_graph_launches() { return machine().graph_launches; }
std::int64_t num_captures() { return machine().captures; }
std::int64_t num_waits() { return machine().waits; }
std::int64_t num_bytes_to_host() { return machine().bytes_to_host; }
std::int64_t num_allocations() { return machine().allocations_made; }
std::size_t live_allocations() { return machine().allocations.size(); }
std::size_t live_bytes() {
  std::size_t sum = 0;
  for (const auto& entry : machine().allocations) sum += entry.second.bytes;
  return sum;
}
std::size_t live_handles() { return machine().handles.size(); }
std::string fault_message() { return machine().fault_message; }

}  // namespace simt

cudaError_t cudaGetLastError() {
  const cudaError_t status = cudaPeekAtLastError();
  simt::last_error = cudaSuccess;
  return status;
}

cudaError_t cudaPeekAtLastError() {
  const cudaError_t fault = simt::machine().fault;
  return fault != cudaSuccess ? fault : simt::last_error;
}
