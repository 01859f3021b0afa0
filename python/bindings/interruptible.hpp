// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <exception>
#include <utility>

#include "rankfill/options.hpp"

namespace rankfill::python {

/// A Python callable that is told of progress by a solver that runs without the GIL.  It may return True to stop.  Ctrl-C, seen
/// here because Python's own handler only leaves a note, stops the solver after the iteration.  What the callable raises stops
/// it too, and is raised again by finish().
class Listener {
 public:
  explicit Listener(nanobind::object callable) : callable_(std::move(callable)) {}

  const std::atomic<bool>& interrupt() const { return interrupted_; }
  bool interrupted() const { return interrupted_; }

  /// `make` gives the argument.  Takes the GIL.
  template <class Make>
  CallbackAction tell(const Make& make) {
    nanobind::gil_scoped_acquire acquired;
    try {
      if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
      if (!callable_.is_none() && nanobind::cast<bool>(nanobind::bool_(callable_(make())))) return CallbackAction::stop;
    } catch (nanobind::python_error& error) {
      return stopped_by(error);
    }
    return CallbackAction::proceed;
  }

  /// Only looks for Ctrl-C.
  CallbackAction look() {
    nanobind::gil_scoped_acquire acquired;
    try {
      if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
    } catch (nanobind::python_error& error) {
      return stopped_by(error);
    }
    return CallbackAction::proceed;
  }

  void finish() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  /// Inside the handler of `error`.
  CallbackAction stopped_by(const nanobind::python_error& error) {
    interrupted_ = true;
    if (error.matches(PyExc_KeyboardInterrupt)) return CallbackAction::proceed;
    failure_ = std::current_exception();
    return CallbackAction::stop;
  }

  nanobind::object callable_;
  std::atomic<bool> interrupted_{false};
  std::exception_ptr failure_;
};

}  // namespace rankfill::python
