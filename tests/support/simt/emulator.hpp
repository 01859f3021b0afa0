// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>

#include "include/vector_types.h"

/// Runs CUDA kernels on the CPU: one fiber per thread, one block at a time, collectives as meeting points.  The order
/// of blocks, of warps and of the lanes within a warp is drawn from a seed, so code that relies on an order nobody
/// promised gives different answers for different seeds.  A thread runs undisturbed from one collective to the next.
namespace simt {

inline constexpr unsigned lanes_per_warp = 32;

struct GridShape {
  dim3 grid;
  dim3 block;
  std::size_t shared_bytes = 0;
};

/// A kernel with copies of its arguments; `call` runs it for the thread that `thread_index` and `block_index` name.
struct BoundKernel {
  void (*call)(const void* arguments) = nullptr;
  std::shared_ptr<const void> arguments;
};

enum class Fault { launch_failure, misaligned_address };

struct Failure {
  Fault fault = Fault::launch_failure;
  std::string message;
};

/// Runs the whole grid and returns, or stops at the first fault.  Seed 0 keeps the natural order.  The shape must be
/// one that a device accepts.  One grid at a time in the process; a second host thread waits.
std::optional<Failure> run_grid(const GridShape& shape, BoundKernel kernel, std::uint64_t seed);

// Everything below is called by the running kernel.

using Location = std::source_location;

extern uint3 thread_index;
extern uint3 block_index;
extern dim3 block_shape;
extern dim3 grid_shape;

/// The shared memory of the block: exactly as many bytes as configured, filled with 0xFF before each block.
std::byte* shared_memory();
std::size_t shared_bytes();

/// Ends the launch with this fault; the message as for printf.  The thread's stack is abandoned and no destructor runs, so
/// the message must not come from a temporary that owns memory.
[[noreturn, gnu::format(printf, 2, 3)]] void fail(Fault fault, const char* format, ...);

enum class Collective : std::uint8_t {
  sync_warp,
  shuffle,
  shuffle_up,
  shuffle_down,
  shuffle_xor,
  load_matrix,
  multiply_matrix,
  ballot,  // votes from here on
  any,
  all
};

unsigned current_lane();
/// Tells one block from every other, in this launch and all others.
std::uint64_t block_number();
/// The lanes of this warp that have not returned.
std::uint32_t live_lanes();

/// Waits for the lanes of `mask` that have not returned to reach the same collective with the same mask, then returns
/// what `source_lane` brought: all ones (a NaN) if that lane takes no part, where a device leaves the value undefined.
std::uint64_t exchange(Collective kind, std::uint32_t mask, std::uint64_t value, unsigned source_lane, Location where);
/// The same, returning the set of lanes that brought true.
std::uint32_t vote(Collective kind, std::uint32_t mask, bool value, Location where);

struct BarrierCount {
  unsigned arrived = 0;
  unsigned voted = 0;
};
/// Waits for every thread of the block that has not returned.  Threads waiting on different lines are a fault: CUDA
/// forbids a barrier in a branch that not the whole block takes.
BarrierCount block_barrier(bool value, Location where);

}  // namespace simt
