// SPDX-License-Identifier: Apache-2.0
#include "data/npy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>

#include "data/number.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);

/// The little of Python's literal syntax that headers are written in: {'descr': '<f8', 'fortran_order': False, ...}
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  void parse() {
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !descr) {
        descr = description();
      } else if (key == "fortran_order" && !fortran) {
        fortran = boolean();
      } else if (key == "shape" && !shape) {
        shape = tuple();
      } else {
        fail("an unexpected or repeated key " + data::quoted(key));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) fail("something follows the dictionary");
    if (!descr || !fortran || !shape) fail("one of descr, fortran_order and shape is missing");
  }

  std::optional<std::string> descr;
  std::optional<bool> fortran;
  std::optional<std::vector<std::int64_t>> shape;

 private:
  [[noreturn]] void fail(const std::string& found) const { throw InvalidData(source_, 0, "bad .npy header: " + found); }

  void skip_space() {
    while (at_ < text_.size() && (is_blank(text_[at_]) || text_[at_] == '\n')) ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("no '") + c + "' at byte " + std::to_string(at_));
  }
  bool accept_word(std::string_view word) {
    skip_space();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  std::string string() {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : ' ';
    if (quote != '\'' && quote != '"') fail("no string at byte " + std::to_string(at_));
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a string without an end");
    const std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }
  std::string description() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '[') {
      throw InvalidData(source_, 0, "a structured array; one plain number type is needed");
    }
    return string();
  }
  bool boolean() {
    if (accept_word("True")) return true;
    if (accept_word("False")) return false;
    fail("fortran_order is neither True nor False");
  }
  std::vector<std::int64_t> tuple() {
    constexpr std::size_t kMostDimensions = 64;  // NumPy's own limit
    std::vector<std::int64_t> sizes;
    expect('(');
    while (!accept(')')) {
      skip_space();
      std::int64_t size = 0;
      const auto result = std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
      if (result.ec != std::errc() || size < 0) fail("a bad size in shape");
      at_ = static_cast<std::size_t>(result.ptr - text_.data());
      accept('L');  // Python 2
      sizes.push_back(size);
      if (sizes.size() > kMostDimensions) fail("too many dimensions");
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }

  std::string_view text_;
  const std::string& source_;
  std::size_t at_ = 0;
};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t k = bytes.size(); k-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[k]);
  return value;
}

struct Kind {
  char letter;
  std::size_t size;
  Dtype dtype;
};
constexpr Kind kKinds[] = {{'b', 1, Dtype::boolean}, {'i', 1, Dtype::int8},    {'i', 2, Dtype::int16},
                           {'i', 4, Dtype::int32},   {'i', 8, Dtype::int64},   {'u', 1, Dtype::uint8},
                           {'u', 2, Dtype::uint16},  {'u', 4, Dtype::uint32},  {'u', 8, Dtype::uint64},
                           {'f', 2, Dtype::float16}, {'f', 4, Dtype::float32}, {'f', 8, Dtype::float64}};

/// Sets the type and item size; returns whether the bytes are big-endian.
bool parse_dtype(std::string_view descr, Array& array, const std::string& source) {
  const auto refuse = [&](const std::string& why) {
    throw InvalidData(source, 0, "array type " + data::quoted(descr) + why);
  };
  if (descr.size() < 2) refuse(" is not known");
  const char order = descr[0];
  std::string_view rest = descr;
  if (order == '<' || order == '>' || order == '|' || order == '=') rest.remove_prefix(1);
  const char letter = rest.empty() ? ' ' : rest[0];
  if (letter == 'O') refuse(" holds pickled Python objects, which are not read");
  if (letter == 'c') refuse(" is complex; real numbers are needed");
  rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
  if (letter == '?' && rest.empty()) {
    rest = "1";
  }
  std::int64_t size = 0;
  if (!parse_whole(rest, size) || size < 0 || size > std::numeric_limits<std::int32_t>::max()) refuse(" is not known");
  array.item_size = static_cast<std::size_t>(size);
  if (letter == 'U' || letter == 'S' || letter == 'a') {
    array.dtype = letter == 'U' ? Dtype::unicode : Dtype::bytes;
    if (letter == 'U') array.item_size *= 4;
    if (size == 0) refuse(" has no size");
    return order == '>' && letter == 'U';
  }
  const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& k) {
    return k.size == array.item_size && (k.letter == letter || (k.letter == 'b' && letter == '?'));
  });
  if (kind == std::end(kKinds)) refuse(" is not known");
  array.dtype = kind->dtype;
  return order == '>';
}

/// The number of bytes a shape asks for, or nothing when it is beyond 2^63.
std::optional<std::uint64_t> bytes_of_shape(const std::vector<std::int64_t>& shape, std::size_t item_size) {
  std::uint64_t bytes = item_size;
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  for (const std::int64_t size : shape) {
    if (static_cast<std::uint64_t>(size) > (std::uint64_t{1} << 63) / bytes) return std::nullopt;
    bytes *= static_cast<std::uint64_t>(size);
  }
  return bytes;
}

void swap_bytes(Array& array) {
  const std::size_t unit = array.dtype == Dtype::unicode ? 4 : array.item_size;
  for (std::size_t at = 0; at + unit <= array.bytes.size(); at += unit) {
    std::reverse(array.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 array.bytes.begin() + static_cast<std::ptrdiff_t>(at + unit));
  }
}

}  // namespace

Array parse_npy(std::string_view bytes, const std::string& source) {
  const auto refuse = [&](const std::string& found) { throw InvalidData(source, 0, found); };
  if (!bytes.starts_with(kMagic)) refuse("not a .npy array: the magic bytes are missing");
  if (bytes.size() < 10) refuse("the .npy header ends early");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3) refuse(".npy format version " + std::to_string(version) + " is not known");
  const std::size_t length_size = version == 1 ? 2 : 4;
  if (bytes.size() < 8 + length_size) refuse("the .npy header ends early");
  const std::uint64_t length = little_endian(bytes.substr(8, length_size));
  const std::string_view rest = bytes.substr(8 + length_size);
  if (length > rest.size()) refuse("the .npy header ends early");

  HeaderParser header(rest.substr(0, length), source);
  header.parse();
  Array array;
  const bool big_endian = parse_dtype(*header.descr, array, source);
  array.shape = *header.shape;
  array.fortran = *header.fortran;
  const std::string_view data = rest.substr(length);
  const auto needed = bytes_of_shape(array.shape, array.item_size);
  if (!needed || *needed != data.size()) {
    refuse("the shape and type in the .npy header ask for " + (needed ? std::to_string(*needed) : "over 2^63") +
           " bytes, but " + std::to_string(data.size()) + " follow");
  }
  array.bytes.resize(data.size());
  if (!data.empty()) std::memcpy(array.bytes.data(), data.data(), data.size());
  if (big_endian) swap_bytes(array);
  return array;
}

std::string npy_header(const Array& array) {
  std::string shape = "(";
  for (const std::int64_t size : array.shape) shape += std::to_string(size) + ", ";
  if (array.shape.size() > 1) shape.resize(shape.size() - 2);  // (2, 3) but (2,)
  if (array.shape.size() == 1) shape.resize(shape.size() - 1);
  const std::string text = "{'descr': '" + dtype_name(array) +
                           "', 'fortran_order': " + (array.fortran ? "True" : "False") + ", 'shape': " + shape + "), }";
  constexpr std::size_t kAlignment = 64, kPrefix = 10;
  const std::size_t padded = (kPrefix + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - kPrefix;
  std::string header(kMagic);
  header += {'\x01', '\x00', static_cast<char>(padded & 0xff), static_cast<char>(padded >> 8)};
  header += text;
  header.append(padded - text.size() - 1, ' ');
  return header + '\n';
}

std::string dtype_name(const Array& array) {
  if (array.dtype == Dtype::unicode) return "<U" + std::to_string(array.item_size / 4);
  if (array.dtype == Dtype::bytes) return "|S" + std::to_string(array.item_size);
  const auto kind =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& k) { return k.dtype == array.dtype; });
  return std::string(kind->size == 1 ? "|" : "<") + kind->letter + std::to_string(kind->size);
}

}  // namespace rankfill::data
