// SPDX-License-Identifier: Apache-2.0
#include "emulator.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "fiber.hpp"
#include "random_order.hpp"
#include "shared_block.hpp"

namespace simt {

uint3 thread_index;
uint3 block_index;
dim3 block_shape;
dim3 grid_shape;

namespace {

constexpr unsigned max_warps = 32;

enum class State : std::uint8_t { running, in_warp_collective, at_barrier, returned };

struct Thread {
  State state = State::running;
  Collective kind = Collective::sync_warp;
  unsigned source_lane = 0;
  std::uint32_t mask = 0;
  std::uint64_t value = 0;   // brought to a collective
  std::uint64_t result = 0;  // taken from it
  Location where;
};

struct Warp {
  std::uint32_t live = 0;
  std::uint32_t ready = 0;    // can be resumed
  std::uint32_t waiting = 0;  // in a warp collective
};

struct Block {
  std::vector<Thread> threads;
  std::array<Warp, max_warps> warps;
  unsigned num_warps = 0;
  unsigned num_live = 0;
  unsigned at_barrier = 0;
  unsigned barrier_votes = 0;
  BarrierCount barrier_result;
  unsigned current = 0;  // index of the running thread
};

Block block;
BoundKernel bound_kernel;
SharedBlock* shared = nullptr;
std::optional<Failure> failure;
std::uint64_t blocks_started = 0;

const char* name_of(Collective kind) {
  constexpr std::array names = {"__syncwarp",  "__shfl_sync", "__shfl_up_sync", "__shfl_down_sync", "__shfl_xor_sync",
                                "ldmatrix_x4", "mma_16x8x16", "__ballot_sync",  "__any_sync",       "__all_sync"};
  return names[static_cast<std::size_t>(kind)];
}

std::string hexadecimal(std::uint32_t mask) {
  std::array<char, 11> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", mask);
  return text.data();
}

std::string at(const Location& where) {
  return std::string(" (") + where.file_name() + ":" + std::to_string(where.line()) + ")";
}

std::string block_name() {
  return "block (" + std::to_string(block_index.x) + "," + std::to_string(block_index.y) + "," +
         std::to_string(block_index.z) + ")";
}

bool same_line(const Location& a, const Location& b) {
  return a.line() == b.line() && (a.file_name() == b.file_name() || std::strcmp(a.file_name(), b.file_name()) == 0);
}

/// Where the lanes of a warp wait, lanes at the same place taken together.
std::string describe_warp(unsigned warp) {
  std::string text = "warp " + std::to_string(warp) + ":";
  std::uint32_t remaining = block.warps[warp].live;
  while (remaining != 0) {
    const unsigned first_lane = static_cast<unsigned>(std::countr_zero(remaining));
    const Thread& first = block.threads[warp * lanes_per_warp + first_lane];
    std::uint32_t group = 0;
    for (std::uint32_t rest = remaining; rest != 0; rest &= rest - 1) {
      const unsigned lane = static_cast<unsigned>(std::countr_zero(rest));
      const Thread& other = block.threads[warp * lanes_per_warp + lane];
      const bool same_collective =
          other.state == State::at_barrier || (other.kind == first.kind && other.mask == first.mask);
      if (other.state == first.state && same_collective && same_line(other.where, first.where)) group |= 1U << lane;
    }
    text += " lanes " + hexadecimal(group) + " wait at ";
    text += first.state == State::at_barrier ? "__syncthreads"
                                             : name_of(first.kind) + (" with mask " + hexadecimal(first.mask));
    text += at(first.where);
    remaining &= ~group;
    if (remaining != 0) text += ",";
  }
  return text;
}

/// One line for the first stuck warp that is not simply waiting for the others at a barrier, and one for the next.
std::string describe_deadlock() {
  std::string text = "deadlock in " + block_name() + ", a collective that some of its threads never reach; ";
  std::string at_barrier;
  for (unsigned warp = 0; warp < block.num_warps; ++warp) {
    if (block.warps[warp].live == 0) continue;
    if (block.warps[warp].waiting != 0) return text + describe_warp(warp);
    if (at_barrier.empty()) at_barrier = describe_warp(warp);
  }
  return text + at_barrier;
}

void try_release_barrier() {
  if (block.at_barrier == 0 || block.at_barrier != block.num_live) return;
  block.barrier_result = {block.at_barrier, block.barrier_votes};
  block.at_barrier = 0;
  block.barrier_votes = 0;
  for (unsigned warp = 0; warp < block.num_warps; ++warp) block.warps[warp].ready = block.warps[warp].live;
}

/// Completes the collective that `thread` waits in if every live lane of its mask has come.
bool try_complete(Warp& warp, Thread* lanes, const Thread& thread) {
  const std::uint32_t participants = thread.mask & warp.live;
  if ((participants & ~warp.waiting) != 0) return false;
  std::uint32_t votes = 0;
  for (std::uint32_t rest = participants; rest != 0; rest &= rest - 1) {
    const Thread& other = lanes[std::countr_zero(rest)];
    if (other.kind != thread.kind || other.mask != thread.mask) return false;
    if (other.value != 0) votes |= rest & -rest;
  }
  for (std::uint32_t rest = participants; rest != 0; rest &= rest - 1) {
    Thread& other = lanes[std::countr_zero(rest)];
    if (other.kind >= Collective::ballot) {
      other.result = votes;
    } else {
      const bool defined = (participants >> other.source_lane & 1U) != 0;
      other.result = defined ? lanes[other.source_lane].value : std::numeric_limits<std::uint64_t>::max();
    }
  }
  warp.waiting &= ~participants;
  warp.ready |= participants;
  return true;
}

void wait_in_warp(Collective kind, std::uint32_t mask, std::uint64_t value, unsigned source_lane, Location where) {
  Thread& thread = block.threads[block.current];
  Warp& warp = block.warps[block.current / lanes_per_warp];
  const unsigned lane = current_lane();
  if ((mask >> lane & 1U) == 0) {
    fail(Fault::launch_failure, "%s in lane %u with mask 0x%08x, which does not name the lane (%s:%u)", name_of(kind),
         lane, mask, where.file_name(), where.line());
  }
  thread.state = State::in_warp_collective;
  thread.kind = kind;
  thread.mask = mask;
  thread.value = value;
  thread.source_lane = source_lane;
  thread.where = where;
  warp.waiting |= 1U << lane;
  if (try_complete(warp, &block.threads[block.current - lane], thread)) {
    warp.ready &= ~(1U << lane);  // the last to come goes on at once
    thread.state = State::running;
    return;
  }
  Fiber::suspend();
}

/// Resumes one thread up to its next collective or its end.
void step(Fiber& fiber, unsigned index) {
  Thread& thread = block.threads[index];
  const unsigned lane = index % lanes_per_warp;
  Warp& warp = block.warps[index / lanes_per_warp];
  warp.ready &= ~(1U << lane);
  thread.state = State::running;
  block.current = index;
  thread_index = {index % block_shape.x, index / block_shape.x % block_shape.y,
                  index / (block_shape.x * block_shape.y)};
  fiber.resume();
  if (failure || thread.state != State::running) return;

  thread.state = State::returned;
  warp.live &= ~(1U << lane);
  --block.num_live;
  // A thread that has returned counts as arrived wherever the others wait for it.
  Thread* lanes = &block.threads[index - lane];
  for (unsigned other = 0; other < lanes_per_warp; ++other) {
    if ((warp.waiting >> other & 1U) != 0) try_complete(warp, lanes, lanes[other]);
  }
  try_release_barrier();
}

void start_block(unsigned num_threads) {
  ++blocks_started;
  block.threads.assign(num_threads, Thread{});
  block.num_warps = (num_threads + lanes_per_warp - 1) / lanes_per_warp;
  block.num_live = num_threads;
  block.at_barrier = 0;
  block.barrier_votes = 0;
  for (unsigned warp = 0; warp < block.num_warps; ++warp) {
    const unsigned lanes = std::min(lanes_per_warp, num_threads - warp * lanes_per_warp);
    const std::uint32_t all = lanes == lanes_per_warp ? ~0U : (1U << lanes) - 1;
    block.warps[warp] = {all, all, 0};
  }
}

void run_block(std::vector<std::unique_ptr<Fiber>>& fibers, unsigned num_threads, RandomOrder& order) {
  start_block(num_threads);
  while (block.num_live > 0) {
    bool any_ready = false;
    const auto warps = order.of(block.num_warps);
    for (unsigned i = 0; i < block.num_warps; ++i) {
      const auto w = static_cast<unsigned>(warps(i));
      const std::uint32_t ready = block.warps[w].ready;
      if (ready == 0) continue;
      any_ready = true;
      const auto lanes = order.of(lanes_per_warp);
      for (unsigned j = 0; j < lanes_per_warp; ++j) {
        const auto lane = static_cast<unsigned>(lanes(j));
        if ((ready >> lane & 1U) == 0) continue;
        const unsigned index = w * lanes_per_warp + lane;
        step(*fibers[index], index);
        if (failure) return;
      }
    }
    if (!any_ready) {
      failure = Failure{Fault::launch_failure, describe_deadlock()};
      return;
    }
  }
}

}  // namespace

std::optional<Failure> run_grid(const GridShape& shape, BoundKernel kernel, std::uint64_t seed) {
  static std::mutex one_grid;
  static std::vector<std::unique_ptr<Fiber>> fibers;
  const std::lock_guard lock(one_grid);
  const unsigned num_threads = shape.block.x * shape.block.y * shape.block.z;
  while (fibers.size() < num_threads) {
    fibers.push_back(std::make_unique<Fiber>([] { bound_kernel.call(bound_kernel.arguments.get()); }));
  }
  SharedBlock shared_block(shape.shared_bytes);
  shared = &shared_block;
  bound_kernel = std::move(kernel);
  block_shape = shape.block;
  grid_shape = shape.grid;
  failure.reset();

  RandomOrder order(seed);
  const std::uint64_t num_blocks = std::uint64_t{shape.grid.x} * shape.grid.y * shape.grid.z;
  const auto blocks = order.of(num_blocks);
  for (std::uint64_t i = 0; i < num_blocks && !failure; ++i) {
    const std::uint64_t b = blocks(i);
    block_index = {static_cast<unsigned>(b % shape.grid.x), static_cast<unsigned>(b / shape.grid.x % shape.grid.y),
                   static_cast<unsigned>(b / shape.grid.x / shape.grid.y)};
    shared_block.poison();
    run_block(fibers, num_threads, order);
    if (!failure && !shared_block.intact()) {
      failure = Failure{Fault::launch_failure, block_name() + " wrote outside its " +
                                                   std::to_string(shape.shared_bytes) + " bytes of shared memory"};
    }
  }
  if (failure) {
    for (unsigned i = 0; i < num_threads; ++i) fibers[i]->rewind();
  }
  shared = nullptr;
  bound_kernel = {};
  return std::exchange(failure, std::nullopt);
}

std::byte* shared_memory() { return shared->data(); }
std::size_t shared_bytes() { return shared->size(); }

void fail(Fault fault, const char* format, ...) {
  {
    std::array<char, 512> text{};
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text.data(), text.size(), format, arguments);
    va_end(arguments);
    const unsigned warp = block.current / lanes_per_warp;
    failure = Failure{fault, block_name() + ", warp " + std::to_string(warp) + ": " + text.data()};
  }
  for (;;) Fiber::suspend();
}

unsigned current_lane() { return block.current % lanes_per_warp; }
std::uint64_t block_number() { return blocks_started; }
std::uint32_t live_lanes() { return block.warps[block.current / lanes_per_warp].live; }

std::uint64_t exchange(Collective kind, std::uint32_t mask, std::uint64_t value, unsigned source_lane, Location where) {
  const unsigned self = block.current;
  wait_in_warp(kind, mask, value, source_lane, where);
  return block.threads[self].result;
}

std::uint32_t vote(Collective kind, std::uint32_t mask, bool value, Location where) {
  return static_cast<std::uint32_t>(exchange(kind, mask, value ? 1 : 0, 0, where));
}

BarrierCount block_barrier(bool value, Location where) {
  static Location first_arrival;
  const unsigned self = block.current;
  Thread& thread = block.threads[self];
  if (block.at_barrier == 0) {
    first_arrival = where;
  } else if (!same_line(first_arrival, where)) {
    fail(Fault::launch_failure, "divergent __syncthreads: this thread waits at %s:%u, another at %s:%u",
         where.file_name(), where.line(), first_arrival.file_name(), first_arrival.line());
  }
  thread.state = State::at_barrier;
  thread.where = where;
  ++block.at_barrier;
  if (value) ++block.barrier_votes;
  try_release_barrier();
  if (block.at_barrier == 0) {
    block.warps[self / lanes_per_warp].ready &= ~(1U << self % lanes_per_warp);
    thread.state = State::running;
  } else {
    Fiber::suspend();
  }
  return block.barrier_result;
}

}  // namespace simt
