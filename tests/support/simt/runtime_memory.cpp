// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <new>

#include "address_sanitizer.hpp"
#include "capture.hpp"

using simt::device_state;
using simt::machine;
using simt::record;
using simt::valid_stream;

namespace {

// What cudaMalloc promises; kernels may rely on it for vector loads.
constexpr std::align_val_t device_alignment{256};

cudaError_t allocate(void** p, std::size_t bytes, bool pinned) {
  if (p == nullptr) return record(cudaErrorInvalidValue);
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  if (const cudaError_t status = simt::check_unsafe(); status != cudaSuccess) return status;
  simt::Machine& m = machine();
  const std::lock_guard lock(m.mutex);
  if (bytes == 0) {
    *p = nullptr;
    return cudaSuccess;
  }
  const int device = simt::current_device();
  std::size_t& used = m.used_bytes[static_cast<std::size_t>(device)];
  if (m.allocations_before_failure >= 0 && m.allocations_before_failure-- == 0)
    return record(cudaErrorMemoryAllocation);
  if (!pinned && (used > m.memory_limit || bytes > m.memory_limit - used)) return record(cudaErrorMemoryAllocation);
  void* memory = ::operator new(bytes, device_alignment, std::nothrow);
  if (memory == nullptr) return record(cudaErrorMemoryAllocation);
  std::memset(memory, 0xFF, bytes);  // NaN for every floating-point type
  if (!pinned) {
    used += bytes;
    if (m.accessors == 0) simt::hide_from_host(memory, bytes);
  }
  ++m.allocations_made;
  m.allocations[reinterpret_cast<std::uintptr_t>(memory)] = {bytes, device, pinned};
  *p = memory;
  return cudaSuccess;
}

/// After a fault the memory is returned all the same, so that a test of the fault does not leak.
cudaError_t release(void* p, bool pinned) {
  if (const cudaError_t status = simt::check_unsafe(); status != cudaSuccess) return status;
  simt::settle_all();  // the calls that free wait for the device
  simt::Machine& m = machine();
  const std::lock_guard lock(m.mutex);
  const auto found = m.allocations.find(reinterpret_cast<std::uintptr_t>(p));
  if (found == m.allocations.end() || found->second.pinned != pinned) return record(cudaErrorInvalidValue);
  if (!pinned) m.used_bytes[static_cast<std::size_t>(found->second.device)] -= found->second.bytes;
  simt::show_to_host(p, found->second.bytes);
  m.allocations.erase(found);
  ::operator delete(p, device_alignment);
  return device_state();
}

/// The side that a copy calls "device" must be device memory in its whole length.
bool in_device_memory(const void* p, std::size_t bytes) { return simt::find_allocation(p, bytes) != nullptr; }
bool is_pinned(const void* p, std::size_t bytes) {
  const simt::Allocation* allocation = simt::find_allocation(p, bytes);
  return allocation != nullptr && allocation->pinned;
}

/// A stream touches memory that was freed: final, like a fault of a kernel.
cudaError_t lost_memory() {
  machine().fault = cudaErrorIllegalAddress;
  machine().fault_message = "a graph copies from or to memory that has been freed";
  return record(cudaErrorIllegalAddress);
}

cudaError_t check_copy(const void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  if (bytes == 0) return cudaSuccess;
  if (to == nullptr || from == nullptr || kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault)
    return record(cudaErrorInvalidValue);
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  const bool inside = (!to_device || in_device_memory(to, bytes)) && (!from_device || in_device_memory(from, bytes));
  return inside ? cudaSuccess : record(cudaErrorInvalidValue);
}

/// What a stream does for a copy whose arguments were good when it was enqueued.  In a graph the memory may have gone since.
cudaError_t copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  if (check_copy(to, from, bytes, kind) != cudaSuccess) return lost_memory();
  if (kind == cudaMemcpyDeviceToHost) machine().bytes_to_host += static_cast<std::int64_t>(bytes);
  if (is_pinned(to, bytes) || is_pinned(from, bytes)) {
    simt::copy_late(stream, to, from, bytes);
    return cudaSuccess;
  }
  simt::settle(stream);
  const simt::DeviceAccess access;
  std::memmove(to, from, bytes);
  return cudaSuccess;
}

cudaError_t fill(void* p, int value, std::size_t bytes, cudaStream_t stream) {
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  if (bytes == 0) return cudaSuccess;
  if (!in_device_memory(p, bytes)) return record(cudaErrorInvalidValue);
  return simt::enqueue(stream, [=](cudaStream_t on) {
    if (!in_device_memory(p, bytes)) return lost_memory();
    simt::settle(on);
    const simt::DeviceAccess access;
    std::memset(p, value, bytes);
    return cudaSuccess;
  });
}

/// Allocations in stream order would become nodes of the graph, with addresses of its own.  Not emulated.
cudaError_t check_not_capturing(cudaStream_t stream) {
  if (!valid_stream(stream)) return record(cudaErrorInvalidResourceHandle);
  simt::Capture* const capture = simt::capture_of(stream);
  return capture ? simt::invalidate(*capture, cudaErrorNotSupported) : cudaSuccess;
}

}  // namespace

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  if (free == nullptr || total == nullptr) return record(cudaErrorInvalidValue);
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  const simt::Machine& m = machine();
  const std::size_t used = m.used_bytes[static_cast<std::size_t>(simt::current_device())];
  *total = m.memory_limit;
  *free = used < m.memory_limit ? m.memory_limit - used : 0;
  return cudaSuccess;
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* ptr) {
  if (attributes == nullptr || ptr == nullptr) return record(cudaErrorInvalidValue);
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  auto* const address = const_cast<void*>(ptr);
  const simt::Allocation* const found = simt::find_allocation(ptr, 1);
  if (found == nullptr)
    *attributes = {cudaMemoryTypeUnregistered, -2, nullptr, address, {}};
  else if (found->pinned)
    *attributes = {cudaMemoryTypeHost, found->device, address, address, {}};
  else
    *attributes = {cudaMemoryTypeDevice, found->device, address, nullptr, {}};
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** devPtr, size_t size) { return allocate(devPtr, size, false); }
cudaError_t cudaMallocHost(void** ptr, size_t size) { return allocate(ptr, size, true); }

cudaError_t cudaMallocAsync(void** devPtr, size_t size, cudaStream_t stream) {
  const cudaError_t status = check_not_capturing(stream);
  return status == cudaSuccess ? allocate(devPtr, size, false) : status;
}

cudaError_t cudaFree(void* devPtr) { return devPtr == nullptr ? device_state() : release(devPtr, false); }
cudaError_t cudaFreeHost(void* ptr) { return ptr == nullptr ? device_state() : release(ptr, true); }

cudaError_t cudaFreeAsync(void* devPtr, cudaStream_t stream) {
  const cudaError_t status = check_not_capturing(stream);
  return status == cudaSuccess ? release(devPtr, false) : status;
}

cudaError_t cudaMemcpy(void* dst, const void* src, size_t count, cudaMemcpyKind kind) {
  if (const cudaError_t status = check_copy(dst, src, count, kind); status != cudaSuccess) return status;
  if (const cudaError_t status = simt::check_wait(nullptr); status != cudaSuccess) return status;
  if (const cudaError_t status = simt::check_unsafe(); status != cudaSuccess) return status;
  simt::count_wait();
  simt::settle(nullptr);
  const simt::DeviceAccess access;
  if (count > 0) std::memmove(dst, src, count);
  if (kind == cudaMemcpyDeviceToHost) machine().bytes_to_host += static_cast<std::int64_t>(count);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* dst, const void* src, size_t count, cudaMemcpyKind kind, cudaStream_t stream) {
  if (!valid_stream(stream)) return record(cudaErrorInvalidResourceHandle);
  if (const cudaError_t status = check_copy(dst, src, count, kind); status != cudaSuccess) return status;
  if (count == 0) return cudaSuccess;
  return simt::enqueue(stream, [=](cudaStream_t on) { return copy(dst, src, count, kind, on); });
}

cudaError_t cudaMemset(void* devPtr, int value, size_t count) {
  if (const cudaError_t status = simt::check_unsafe(); status != cudaSuccess) return status;
  return fill(devPtr, value, count, nullptr);
}

cudaError_t cudaMemsetAsync(void* devPtr, int value, size_t count, cudaStream_t stream) {
  return valid_stream(stream) ? fill(devPtr, value, count, stream) : record(cudaErrorInvalidResourceHandle);
}
