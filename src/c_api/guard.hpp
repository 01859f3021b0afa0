// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rankfill/error.hpp"
#include "rankfill/rankfill.h"

namespace rankfill::c_api {

/// Empties *error; `error` may be null.
void forget(rankfill_error** error) noexcept;
/// To be called inside a handler: what the exception under way is to a C program.
rankfill_status report(rankfill_error** error) noexcept;

/// Runs the body of a C function.  Nothing that it throws gets past here.
template <class Body>
rankfill_status guarded(rankfill_error** error, const Body& body) noexcept {
  forget(error);
  try {
    body();
    return RANKFILL_OK;
  } catch (...) {
    return report(error);
  }
}

template <class T>
T& need(T* given, const char* name) {
  if (given == nullptr) throw InvalidOption(name, "NULL", "must not be NULL");
  return *given;
}

void need_side(rankfill_side side);
/// An array of `count` elements: count >= 0, and not null unless that is 0.
void need_array(const void* array, std::int64_t count, const char* name);

/// Gives a new handle to the caller.
template <class Handle>
void hand_over(std::unique_ptr<Handle> made, Handle** out) {
  *out = made.release();
}

/// Indices as the library stores them; *throws* InvalidData for one outside of lowest..size-1.
std::vector<std::int32_t> narrowed(const std::int64_t* indices, std::int64_t count, std::int64_t lowest,
                                   std::int64_t size, const char* side);

}  // namespace rankfill::c_api
