// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace simt {

/// A stack that runs one function over and over: each `resume` continues it up to its next `suspend`, and a `suspend`
/// is implied whenever the function returns.  So a pool of fibers serves block after block without being set up again.
/// Fibers are resumed from one host thread at a time and never from inside another fiber.
class Fiber {
 public:
  using Entry = void (*)();

  /// `entry` must not throw.
  explicit Fiber(Entry entry);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void resume();
  /// Back to the caller of `resume`.  Called on a fiber.
  static void suspend();
  /// Forgets a suspended call (its destructors do not run); the next `resume` starts the function anew.
  void rewind();

 private:
  struct Impl;
  [[noreturn]] static void run_forever();
  void prepare();
  static Fiber* running_;

  Impl* impl_;
};

}  // namespace simt
