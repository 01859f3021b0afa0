// SPDX-License-Identifier: Apache-2.0
#pragma once

// Barriers, shuffles and votes.  Only what compute capability 7.5 has: __reduce_add_sync needs 8.0 and is left out so
// that a kernel using it does not compile.

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "../emulator.hpp"

inline void __syncthreads(simt::Location where = simt::Location::current()) { simt::block_barrier(false, where); }
inline int __syncthreads_count(int predicate, simt::Location where = simt::Location::current()) {
  return static_cast<int>(simt::block_barrier(predicate != 0, where).voted);
}
inline int __syncthreads_or(int predicate, simt::Location where = simt::Location::current()) {
  return simt::block_barrier(predicate != 0, where).voted != 0;
}
inline int __syncthreads_and(int predicate, simt::Location where = simt::Location::current()) {
  const auto count = simt::block_barrier(predicate != 0, where);
  return count.voted == count.arrived;
}

inline void __syncwarp(unsigned mask = 0xffffffffU, simt::Location where = simt::Location::current()) {
  simt::exchange(simt::Collective::sync_warp, mask, 0, simt::current_lane(), where);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, simt::Location where = simt::Location::current()) {
  return simt::vote(simt::Collective::ballot, mask, predicate != 0, where);
}
inline int __any_sync(unsigned mask, int predicate, simt::Location where = simt::Location::current()) {
  return simt::vote(simt::Collective::any, mask, predicate != 0, where) != 0;
}
inline int __all_sync(unsigned mask, int predicate, simt::Location where = simt::Location::current()) {
  return simt::vote(simt::Collective::all, mask, predicate == 0, where) == 0;
}

/// The lanes that have not returned.  A device may give any part of them that contains the caller.
inline unsigned __activemask() { return simt::live_lanes(); }

namespace simt {

template <class T>
T shuffle(Collective kind, unsigned mask, T value, unsigned operand, int width, Location where) {
  static_assert(std::is_arithmetic_v<T> && (sizeof(T) == 4 || sizeof(T) == 8), "shuffles move 32 or 64 bits");
  if (width < 1 || width > 32 || !std::has_single_bit(static_cast<unsigned>(width))) {
    fail(Fault::launch_failure, "shuffle with width %d, not a power of two up to 32", width);
  }
  const unsigned lane = current_lane();
  const unsigned last = static_cast<unsigned>(width) - 1;
  const unsigned within = lane & last;
  const unsigned segment = lane - within;
  unsigned source = lane;
  if (kind == Collective::shuffle) source = segment + (operand & last);
  if (kind == Collective::shuffle_up && operand <= within) source = lane - operand;
  if (kind == Collective::shuffle_down && operand <= last - within) source = lane + operand;
  if (kind == Collective::shuffle_xor && (lane ^ (operand & 31U)) <= segment + last) source = lane ^ (operand & 31U);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = exchange(kind, mask, bits, source, where);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

}  // namespace simt

template <class T>
T __shfl_sync(unsigned mask, T value, int source_lane, int width = 32,
              simt::Location where = simt::Location::current()) {
  return simt::shuffle(simt::Collective::shuffle, mask, value, static_cast<unsigned>(source_lane), width, where);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 simt::Location where = simt::Location::current()) {
  return simt::shuffle(simt::Collective::shuffle_up, mask, value, delta, width, where);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   simt::Location where = simt::Location::current()) {
  return simt::shuffle(simt::Collective::shuffle_down, mask, value, delta, width, where);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32,
                  simt::Location where = simt::Location::current()) {
  return simt::shuffle(simt::Collective::shuffle_xor, mask, value, static_cast<unsigned>(lane_mask), width, where);
}
