// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>
#include <vector>

#include "kernels/update.hpp"
#include "solvers/gradient.hpp"

namespace rankfill {

/// The last few steps s and gradient changes y of a descent on one factor, and the inverse Hessian they imply on top of an
/// initial one.  Two-loop recursion: Nocedal 1980; docs/math.md Eq. 24.  All memory is allocated here.
template <class T, class B>
class LbfgsMemory {
 public:
  LbfgsMemory(B& backend, std::int64_t num_rows, int rank, int capacity)
      : backend_(backend), capacity_(capacity), scratch_(backend, num_rows, rank, "L-BFGS scratch") {
    for (int i = 0; i < capacity; ++i)
      spare_.push_back({.step = {backend, num_rows, rank, "an L-BFGS step"},
                        .change = {backend, num_rows, rank, "an L-BFGS gradient change"}});
  }

  bool empty() const { return pairs_.empty(); }
  void clear() {
    while (!pairs_.empty()) forget_oldest();
  }

  /// Takes the pair (scale * step, to - from) unless its curvature is not safely positive.
  void add(double scale, const Factor<T, B>& step, const Factor<T, B>& from, const Factor<T, B>& to) {
    if (capacity_ == 0) return;
    if (spare_.empty()) forget_oldest();
    Pair& pair = spare_.back();
    update(backend_, scale, step, 0, pair.step);
    update(backend_, 1, to, 0, pair.change);
    update(backend_, -1, from, 1, pair.change);
    pair.curvature = dot(backend_, pair.step, pair.change);
    const double lengths = dot(backend_, pair.step, pair.step) * dot(backend_, pair.change, pair.change);
    if (!(pair.curvature > 1e-12 * std::sqrt(lengths))) return;
    pairs_.push_back(std::move(pair));
    spare_.pop_back();
  }

  /// q <- H q, with `initial(x)` replacing x by H_0 x.
  template <class Initial>
  void apply(const Initial& initial, Factor<T, B>& q) {
    for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair) {
      pair->alpha = dot(backend_, pair->step, q) / pair->curvature;
      update(backend_, -pair->alpha, pair->change, 1, q);
    }
    initial(q);
    if (!pairs_.empty()) {
      // H_0 is scaled to the curvature last seen, but never down: it is exact where the other factor does not react.
      const Pair& last = pairs_.back();
      update(backend_, 1, last.change, 0, scratch_);
      initial(scratch_);
      const double scale = last.curvature / dot(backend_, last.change, scratch_);
      if (std::isfinite(scale) && scale > 1) update(backend_, 0, scratch_, std::min(scale, 1e3), q);
    }
    for (Pair& pair : pairs_) {
      const double beta = dot(backend_, pair.change, q) / pair.curvature;
      update(backend_, pair.alpha - beta, pair.step, 1, q);
    }
  }

 private:
  struct Pair {
    Factor<T, B> step, change;
    double curvature = 0, alpha = 0;
  };
  void forget_oldest() {
    spare_.push_back(std::move(pairs_.front()));
    pairs_.pop_front();
  }

  B& backend_;
  int capacity_;
  Factor<T, B> scratch_;
  std::deque<Pair> pairs_;
  std::vector<Pair> spare_;
};

}  // namespace rankfill
