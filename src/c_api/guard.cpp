// SPDX-License-Identifier: Apache-2.0
#include "c_api/guard.hpp"

#include <new>
#include <stdexcept>
#include <utility>

struct rankfill_error {
  rankfill_status code;
  std::string message;
};

namespace rankfill::c_api {

namespace {

/// What is left to say when there is no memory to say more; never freed.
const rankfill_error no_memory{RANKFILL_OUT_OF_MEMORY,
                               "out of memory"};  // short: a string of this length allocates nothing

rankfill_status tell(rankfill_error** error, rankfill_status code, const char* message) noexcept {
  if (error == nullptr) return code;
  try {
    *error = new rankfill_error{code, message};
    return code;
  } catch (const std::bad_alloc&) {
    *error = const_cast<rankfill_error*>(&no_memory);
    return RANKFILL_OUT_OF_MEMORY;
  }
}

}  // namespace

void forget(rankfill_error** error) noexcept {
  if (error == nullptr) return;
  rankfill_error_free(*error);
  *error = nullptr;
}

rankfill_status report(rankfill_error** error) noexcept {
  try {
    throw;
  } catch (const InvalidOption& e) {
    return tell(error, RANKFILL_INVALID_ARGUMENT, e.what());
  } catch (const InvalidData& e) {
    return tell(error, RANKFILL_INVALID_DATA, e.what());
  } catch (const FileError& e) {
    return tell(error, RANKFILL_FILE_ERROR, e.what());
  } catch (const BackendUnavailable& e) {
    return tell(error, RANKFILL_UNAVAILABLE, e.what());
  } catch (const OutOfDeviceMemory& e) {
    return tell(error, RANKFILL_OUT_OF_DEVICE_MEMORY, e.what());
  } catch (const DeviceError& e) {
    return tell(error, RANKFILL_DEVICE_ERROR, e.what());
  } catch (const std::bad_alloc&) {
    return tell(error, RANKFILL_OUT_OF_MEMORY, no_memory.message.c_str());
  } catch (const std::length_error&) {  // a vector of more elements than there are addresses
    return tell(error, RANKFILL_OUT_OF_MEMORY, no_memory.message.c_str());
  } catch (const std::exception& e) {
    return tell(error, RANKFILL_ERROR, e.what());
  } catch (...) {
    return tell(error, RANKFILL_ERROR, "an exception of unknown type");
  }
}

void need_side(rankfill_side side) {
  if (side != RANKFILL_ROWS && side != RANKFILL_COLS)
    throw InvalidOption("side", std::to_string(side), "must be RANKFILL_ROWS or RANKFILL_COLS");
}

void need_array(const void* array, std::int64_t count, const char* name) {
  if (count < 0) throw InvalidOption("count", std::to_string(count), "must be >= 0");
  if (array == nullptr && count > 0) throw InvalidOption(name, "NULL", "must not be NULL");
}

std::vector<std::int32_t> narrowed(const std::int64_t* indices, std::int64_t count, std::int64_t lowest,
                                   std::int64_t size, const char* side) {
  std::vector<std::int32_t> narrow(static_cast<std::size_t>(count));
  for (std::int64_t k = 0; k < count; ++k) {
    if (indices[k] < lowest || indices[k] >= size)
      throw InvalidData("", 0,
                        std::string(side) + " index " + std::to_string(indices[k]) + " is not in " +
                            std::to_string(lowest) + ".." + std::to_string(size - 1));
    narrow[static_cast<std::size_t>(k)] = static_cast<std::int32_t>(indices[k]);
  }
  return narrow;
}

}  // namespace rankfill::c_api

using namespace rankfill::c_api;

rankfill_status rankfill_error_code(const rankfill_error* error) { return error ? error->code : RANKFILL_OK; }

const char* rankfill_error_message(const rankfill_error* error) { return error ? error->message.c_str() : ""; }

void rankfill_error_free(rankfill_error* error) {
  if (error != &no_memory) delete error;
}
