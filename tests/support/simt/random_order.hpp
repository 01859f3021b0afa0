// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <numeric>

namespace simt {

/// A permutation of 0 .. count-1 in two numbers: i -> (factor * i + offset) mod count, factor coprime to count.
class Permutation {
 public:
  Permutation(std::uint64_t count, std::uint64_t factor, std::uint64_t offset)
      : count_(count), factor_(factor), offset_(offset) {}
  std::uint64_t operator()(std::uint64_t i) const { return (factor_ * i + offset_) % count_; }

 private:
  std::uint64_t count_, factor_, offset_;
};

/// Draws permutations; seed 0 always gives the identity.
class RandomOrder {
 public:
  explicit RandomOrder(std::uint64_t seed) : state_(seed) {}

  /// `count` below 2^32, so that the products above do not overflow; beyond it, the identity.
  Permutation of(std::uint64_t count) {
    if (state_ == 0 || count < 2 || count >> 32 != 0) return {count, 1, 0};
    const std::uint64_t bits = next();
    std::uint64_t factor = 1 + bits % (count - 1);
    while (std::gcd(factor, count) != 1) factor = factor % (count - 1) + 1;
    return {count, factor, (bits >> 32) % count};
  }

 private:
  /// splitmix64 (Steele, Lea and Flood 2014).
  std::uint64_t next() {
    if ((state_ += 0x9e3779b97f4a7c15U) == 0) state_ = 1;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace simt
