// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "data/npy.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

static_assert(std::endian::native == std::endian::little, "Array::bytes is read as native numbers");

namespace {

/// Calls take(k, place) for k = 0, 1, ...: where in `array` the k-th element is, counting the last index fastest.
template <class Take>
void in_c_order(const Array& array, const Take& take) {
  const std::int64_t count = array.count();
  if (!array.fortran || array.shape.size() < 2) {
    for (std::int64_t k = 0; k < count; ++k) take(k, k);
    return;
  }
  std::vector<std::int64_t> index(array.shape.size(), 0), stride(array.shape.size(), 1);
  for (std::size_t d = 1; d < stride.size(); ++d) stride[d] = stride[d - 1] * array.shape[d - 1];
  std::int64_t place = 0;
  for (std::int64_t k = 0; k < count; ++k) {
    take(k, place);
    for (std::size_t d = index.size(); d-- > 0;) {
      place += stride[d];
      if (++index[d] < array.shape[d]) break;
      place -= stride[d] * array.shape[d];
      index[d] = 0;
    }
  }
}

template <class T>
T element(const Array& array, std::int64_t place) {
  T value;
  std::memcpy(&value, array.bytes.data() + static_cast<std::size_t>(place) * sizeof(T), sizeof(T));
  return value;
}

struct Half {
  std::uint16_t bits;
};

double from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double value = 0;
  if (exponent == 31) {
    value = fraction ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  } else {
    value = exponent ? std::ldexp(fraction + 1024, exponent - 25) : std::ldexp(fraction, -24);
  }
  return bits >> 15 ? -value : value;
}

/// Calls body(T{}) with the element type of a number array; false for text.
template <class Body>
bool with_number_type(Dtype dtype, const Body& body) {
  switch (dtype) {
    case Dtype::boolean:
    case Dtype::uint8: body(std::uint8_t{}); return true;
    case Dtype::int8: body(std::int8_t{}); return true;
    case Dtype::int16: body(std::int16_t{}); return true;
    case Dtype::int32: body(std::int32_t{}); return true;
    case Dtype::int64: body(std::int64_t{}); return true;
    case Dtype::uint16: body(std::uint16_t{}); return true;
    case Dtype::uint32: body(std::uint32_t{}); return true;
    case Dtype::uint64: body(std::uint64_t{}); return true;
    case Dtype::float16: body(Half{}); return true;
    case Dtype::float32: body(float{}); return true;
    case Dtype::float64: body(double{}); return true;
    case Dtype::unicode:
    case Dtype::bytes: break;
  }
  return false;
}

[[noreturn]] void refuse(const Array& array, const char* wanted) {
  throw InvalidData("", 0, "an array of type " + dtype_name(array) + " where " + wanted + " are needed");
}

bool is_escaped_byte(std::uint32_t code) { return code >= 0xDC80 && code <= 0xDCFF; }

void append_utf8(std::string& out, std::uint32_t code) {
  const auto push = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    push(code);
  } else if (is_escaped_byte(code)) {
    push(code - 0xDC00);
  } else if (code < 0x800) {
    push(0xC0 | code >> 6);
    push(0x80 | (code & 63));
  } else if (code < 0x10000) {
    push(0xE0 | code >> 12);
    push(0x80 | (code >> 6 & 63));
    push(0x80 | (code & 63));
  } else {
    push(0xF0 | code >> 18);
    push(0x80 | (code >> 12 & 63));
    push(0x80 | (code >> 6 & 63));
    push(0x80 | (code & 63));
  }
}

/// Takes one character off the front: its code point, or the escape of a byte that begins no valid UTF-8 sequence.
std::uint32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t k) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[k])); };
  const std::uint32_t first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  bool valid = length > 0 && length <= text.size();
  std::uint32_t code = length < 2 ? first : first & (0x7Fu >> length);
  for (std::size_t k = 1; valid && k < length; ++k) {
    valid = (byte(k) & 0xC0) == 0x80;
    code = code << 6 | (byte(k) & 63);
  }
  if (length == 3) valid = valid && code >= 0x800 && (code < 0xD800 || code > 0xDFFF);
  if (length == 4) valid = valid && code >= 0x10000 && code <= 0x10FFFF;
  text.remove_prefix(valid ? length : 1);
  return valid ? code : 0xDC00 + first;
}

template <class T>
Array of_numbers(Dtype dtype, std::span<const T> values, std::vector<std::int64_t> shape) {
  const auto size = static_cast<std::int64_t>(values.size());
  if (shape.size() == 1 && shape[0] == -1) shape[0] = size;
  Array array{dtype, sizeof(T), std::move(shape), false, {}};
  if (array.count() != size) throw InvalidData("", 0, "the shape of an array does not fit its number of values");
  array.bytes.resize(values.size_bytes());
  if (size > 0) std::memcpy(array.bytes.data(), values.data(), values.size_bytes());
  return array;
}

}  // namespace

std::int64_t Array::count() const {
  return item_size == 0 ? 0 : static_cast<std::int64_t>([&] {
    std::uint64_t product = 1;
    for (const std::int64_t size : shape) product *= static_cast<std::uint64_t>(size);
    return product;
  }());
}

std::vector<double> Array::as_doubles() const {
  std::vector<double> values(is_text() ? 0 : static_cast<std::size_t>(count()));
  const bool number = with_number_type(dtype, [&](auto type) {
    using T = decltype(type);
    in_c_order(*this, [&](std::int64_t k, std::int64_t place) {
      if constexpr (std::is_same_v<T, Half>) {
        values[static_cast<std::size_t>(k)] = from_half(element<Half>(*this, place).bits);
      } else {
        values[static_cast<std::size_t>(k)] = static_cast<double>(element<T>(*this, place));
      }
    });
  });
  if (!number) refuse(*this, "numbers");
  return values;
}

std::vector<std::int64_t> Array::as_int64() const {
  if (!is_integer()) refuse(*this, "whole numbers");
  std::vector<std::int64_t> values(static_cast<std::size_t>(count()));
  with_number_type(dtype, [&](auto type) {
    using T = decltype(type);
    if constexpr (std::is_integral_v<T>) {
      in_c_order(*this, [&](std::int64_t k, std::int64_t place) {
        const T value = element<T>(*this, place);
        if constexpr (std::is_same_v<T, std::uint64_t>) {
          if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            throw InvalidData("", 0, "the whole number " + std::to_string(value) + " is too large");
          }
        }
        values[static_cast<std::size_t>(k)] = static_cast<std::int64_t>(value);
      });
    }
  });
  return values;
}

std::vector<std::string> Array::as_strings() const {
  if (!is_text()) refuse(*this, "texts");
  std::vector<std::string> texts(static_cast<std::size_t>(count()));
  in_c_order(*this, [&](std::int64_t k, std::int64_t place) {
    std::string& text = texts[static_cast<std::size_t>(k)];
    const std::byte* at = bytes.data() + static_cast<std::size_t>(place) * item_size;
    if (dtype == Dtype::bytes) {
      text.assign(reinterpret_cast<const char*>(at), item_size);
    } else {
      for (std::size_t c = 0; c < item_size; c += 4) {
        std::uint32_t code = 0;
        std::memcpy(&code, at + c, 4);
        if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF && !is_escaped_byte(code))) {
          throw InvalidData("", 0, "a text with " + std::to_string(code) + ", which is no Unicode character");
        }
        append_utf8(text, code);
      }
    }
    const std::size_t last = text.find_last_not_of('\0');
    text.resize(last == std::string::npos ? 0 : last + 1);
  });
  return texts;
}

Array Array::of(std::span<const float> values, std::vector<std::int64_t> shape) {
  return of_numbers(Dtype::float32, values, std::move(shape));
}
Array Array::of(std::span<const double> values, std::vector<std::int64_t> shape) {
  return of_numbers(Dtype::float64, values, std::move(shape));
}
Array Array::of(std::span<const std::int64_t> values, std::vector<std::int64_t> shape) {
  return of_numbers(Dtype::int64, values, std::move(shape));
}
Array Array::of(std::span<const std::int32_t> values, std::vector<std::int64_t> shape) {
  return of_numbers(Dtype::int32, values, std::move(shape));
}

Array Array::of(std::span<const std::string> values) {
  std::size_t longest = 1;  // NumPy has no empty character type
  for (std::string_view text : values) {
    std::size_t characters = 0;
    for (; !text.empty(); ++characters) take_character(text);
    longest = std::max(longest, characters);
  }
  Array array{Dtype::unicode, 4 * longest, {static_cast<std::int64_t>(values.size())}, false, {}};
  array.bytes.resize(values.size() * array.item_size);
  std::byte* at = array.bytes.data();
  for (std::string_view text : values) {
    for (std::size_t c = 0; !text.empty(); ++c) {
      const std::uint32_t code = take_character(text);
      std::memcpy(at + 4 * c, &code, 4);
    }
    at += array.item_size;
  }
  return array;
}

Array Array::scalar(std::string_view text) {
  const std::string one[] = {std::string(text)};
  Array array = of(std::span<const std::string>(one));
  array.shape.clear();
  return array;
}
Array Array::scalar(double value) { return of(std::span<const double>(&value, 1), {}); }
Array Array::scalar(std::int64_t value) { return of(std::span<const std::int64_t>(&value, 1), {}); }

}  // namespace rankfill::data
