// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace rankfill::test {

/// What `call` complains of in an exception of type E, or a text that says there was none.
template <class E, class Call>
std::string complaint_of(const Call& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace rankfill::test
