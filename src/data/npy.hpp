// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rankfill::data {

enum class Dtype {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float16,
  float32,
  float64,
  unicode,
  bytes
};

/// A NumPy array in memory.  `bytes` is little-endian whatever the file was, and in the order of the file: the last
/// index fastest, or the first when `fortran`.
struct Array {
  Dtype dtype = Dtype::float64;
  std::size_t item_size = 8;        ///< bytes per element; for unicode 4 per character
  std::vector<std::int64_t> shape;  ///< empty for a scalar
  bool fortran = false;
  std::vector<std::byte> bytes;

  /// The number of elements.
  std::int64_t count() const;

  bool is_integer() const { return dtype >= Dtype::boolean && dtype <= Dtype::uint64; }
  bool is_float() const { return dtype >= Dtype::float16 && dtype <= Dtype::float64; }
  bool is_text() const { return dtype >= Dtype::unicode; }

  // The elements, the last index fastest.  *Throws* InvalidData when the type does not allow it.
  std::vector<double> as_doubles() const;       ///< from any number
  std::vector<std::int64_t> as_int64() const;   ///< from whole numbers; uint64 above 2^63 - 1 is refused
  std::vector<std::string> as_strings() const;  ///< UTF-8; without NumPy's trailing NULs

  /// One-dimensional, or of the given shape, whose product must be the number of values.
  static Array of(std::span<const float> values, std::vector<std::int64_t> shape = {-1});
  static Array of(std::span<const double> values, std::vector<std::int64_t> shape = {-1});
  static Array of(std::span<const std::int64_t> values, std::vector<std::int64_t> shape = {-1});
  static Array of(std::span<const std::int32_t> values, std::vector<std::int64_t> shape = {-1});
  /// UTF-8 to '<U{longest}'.  A byte that is not UTF-8 becomes the lone surrogate U+DC80 .. U+DCFF, as Python's
  /// surrogateescape has it, and as_strings() turns it back: any bytes survive the round trip.
  static Array of(std::span<const std::string> values);
  /// A scalar, shape ().
  static Array scalar(std::string_view text);
  static Array scalar(double value);
  static Array scalar(std::int64_t value);
};

/// NumPy's name of the type with its byte order, "<f8".
std::string dtype_name(const Array& array);

/// Parses the bytes of a `.npy` file, format versions 1 to 3.  Nothing is allocated before the header has been checked
/// against the number of bytes there are.  `source` names the file for messages.
/// *Throws* InvalidData.
Array parse_npy(std::string_view bytes, const std::string& source);

/// The magic, version and header that come before the bytes of `array` in a `.npy` file; a multiple of 64 bytes.
std::string npy_header(const Array& array);

}  // namespace rankfill::data
