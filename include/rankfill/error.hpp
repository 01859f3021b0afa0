// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace rankfill {

/// Base of everything this library throws.  Each child below is one family of mistakes; the command-line tool maps each
/// family to one exit code (docs/errors.md).
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An option has a value its rule forbids.  `field` is the name in Options, `value` what was given, `rule` what is allowed.
class InvalidOption : public Error {
 public:
  InvalidOption(std::string field, std::string value, std::string rule)
      : Error(field + " = " + value + ": " + rule),
        field(std::move(field)),
        value(std::move(value)),
        rule(std::move(rule)) {}
  std::string field, value, rule;
};

/// The data cannot be used.  `file` may be empty (data given in memory); `line` is one-based, 0 when no line is meant.
class InvalidData : public Error {
 public:
  InvalidData(std::string file, std::int64_t line, const std::string& found)
      : Error(where(file, line) + found), file(std::move(file)), line(line) {}
  std::string file;
  std::int64_t line;

 private:
  static std::string where(const std::string& file, std::int64_t line) {
    if (file.empty()) return "";
    return line > 0 ? file + ":" + std::to_string(line) + ": " : file + ": ";
  }
};

/// A file cannot be opened, read or written.  `reason` is the operating system's own words.
class FileError : public Error {
 public:
  FileError(std::string file, const std::string& doing, const std::string& reason)
      : Error(file + ": " + doing + ": " + reason), file(std::move(file)) {}
  std::string file;
};

/// The device asked for is not there, or this build has no CUDA half.
class BackendUnavailable : public Error {
 public:
  using Error::Error;
};

/// The device has too little memory.  Sizes in bytes; `purpose` says what the memory was for.
class OutOfDeviceMemory : public Error {
 public:
  OutOfDeviceMemory(std::uint64_t asked_bytes, std::uint64_t free_bytes, const std::string& purpose)
      : Error("out of device memory: " + purpose + " needs " + std::to_string(asked_bytes) + " bytes, " +
              std::to_string(free_bytes) + " are free"),
        asked_bytes(asked_bytes),
        free_bytes(free_bytes) {}
  std::uint64_t asked_bytes, free_bytes;
};

/// A CUDA, cuBLAS or cuSPARSE call failed.  The message holds the call, its error name and text, and the place.
class DeviceError : public Error {
 public:
  using Error::Error;
};

}  // namespace rankfill
