// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// What a test can set and ask of the emulated machine.  Settings hold for the whole process; a test that changes one
/// calls `reset` when it is done, or holds a `Scope`.
namespace simt {

/// One device, 8 GiB, seed from the environment variable SIMT_SEED or 1, no pending error, no fault, counters at zero.
/// Memory and handles that are still live stay so.
void reset();

/// 0: every call that needs a device returns cudaErrorNoDevice.
void set_device_count(int count);
/// Bytes per device; an allocation beyond it returns cudaErrorMemoryAllocation.
void set_memory_limit(std::size_t bytes);
/// The order of blocks, warps and lanes; 0 is the natural one.  Each launch mixes in its number.
void set_seed(std::uint64_t seed);
/// The allocation after `successes` further ones fails with cudaErrorMemoryAllocation, once; negative: never.
void fail_allocation_after(std::int64_t successes);

/// Kernels run because the host launched them one by one; those of a graph are not counted.
std::int64_t num_launches();
/// Calls of cudaGraphLaunch that ran, and graphs recorded from a stream.
std::int64_t num_graph_launches();
std::int64_t num_captures();
/// Calls by which the host waited for a stream, an event or the device, synchronous copies among them.
std::int64_t num_waits();
/// Bytes that copies have brought from the device to the host.
std::int64_t num_bytes_to_host();
/// Device and pinned allocations made.
std::int64_t num_allocations();
/// Device and pinned allocations not yet freed.
std::size_t live_allocations();
std::size_t live_bytes();
/// Streams, events, graphs, library handles and matrix descriptors not yet destroyed.
std::size_t live_handles();

/// Why the last kernel failed: block, warp, collective, source line.  Empty if none has since `reset`.  As on a device
/// a fault is final: until `reset`, every call returns the error that the launch returned.  Freeing still frees.
std::string fault_message();

/// Resets when entered and when left.
struct Scope {
  Scope() { reset(); }
  ~Scope() { reset(); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
};

}  // namespace simt
