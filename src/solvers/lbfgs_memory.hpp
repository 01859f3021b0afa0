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

/// The last few steps s and gradient changes y of a descent on X, a factor or both, and the inverse Hessian they imply on top of
/// an initial one.  Two-loop recursion: Nocedal 1980; docs/math.md Eq. 24.  All memory is allocated here.
template <class X, class B>
class LbfgsMemory {
 public:
  /// H_0 is scaled to the curvature last seen, but never below `least_scale`.  make() gives one X.
  template <class Make>
  LbfgsMemory(B& backend, int capacity, double least_scale, const Make& make)
      : backend_(backend), capacity_(capacity), least_scale_(least_scale), scratch_(make()) {
    for (int i = 0; i < capacity; ++i) spare_.push_back({.step = make(), .change = make()});
  }

  bool empty() const { return pairs_.empty(); }
  void clear() {
    while (!pairs_.empty()) forget_oldest();
  }

  /// Takes the pair (scale * step, to - from) unless its curvature is not safely positive.
  void add(double scale, const X& step, const X& from, const X& to) {
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
  void apply(const Initial& initial, X& q) {
    for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair) {
      pair->alpha = dot(backend_, pair->step, q) / pair->curvature;
      update(backend_, -pair->alpha, pair->change, 1, q);
    }
    initial(q);
    if (!pairs_.empty()) {
      const Pair& last = pairs_.back();
      update(backend_, 1, last.change, 0, scratch_);
      initial(scratch_);
      const double scale = last.curvature / dot(backend_, last.change, scratch_);
      if (std::isfinite(scale)) update(backend_, 0, scratch_, std::clamp(scale, least_scale_, 1e3), q);
    }
    for (Pair& pair : pairs_) {
      const double beta = dot(backend_, pair.change, q) / pair.curvature;
      update(backend_, pair.alpha - beta, pair.step, 1, q);
    }
  }

 private:
  struct Pair {
    X step, change;
    double curvature = 0, alpha = 0;
  };
  void forget_oldest() {
    spare_.push_back(std::move(pairs_.front()));
    pairs_.pop_front();
  }

  B& backend_;
  int capacity_;
  double least_scale_;
  X scratch_;
  std::deque<Pair> pairs_;
  std::vector<Pair> spare_;
};

}  // namespace rankfill
