// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "data/number.hpp"

namespace rankfill::data {

/// The quick path for lines of plain numbers.  A loop over digits waits for each number's end, mispredicted, before it can
/// begin with the next.  So the bytes that are no digits, between which all numbers stand, are found first, for a piece of
/// the text, without a branch that depends on it; then numbers are converted eight digits at a time.
namespace plain {

/// Eight bytes, the first lowest, each less '0': digits become 0..9.
inline std::uint64_t load(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word ^ 0x3030303030303030u;
}

/// The number that the first `digits` bytes write, 1 <= digits <= 8.  Neighbours are joined: digits to pairs, those to
/// fours, those to eights.
inline std::uint64_t number_of(std::uint64_t word, std::size_t digits) {
  word <<= 64 - 8 * digits;
  word = (word * 10 + (word >> 8)) & 0x00ff00ff00ff00ffu;
  word = (word * 100 + (word >> 16)) & 0x0000ffff0000ffffu;
  return (word * 10000 + (word >> 32)) & 0xffffffffu;
}

/// The same of 9 to 15 digits that do not begin with 0; false when it is anything else.
bool long_whole_of(const char* p, std::size_t digits, std::uint64_t& number);

/// The canonical whole number of `digits` digits at `p`, at most 15; false when it is anything else.
inline bool whole_of(const char* p, std::size_t digits, std::uint64_t& number) {
  if (digits - 1 >= 8) return long_whole_of(p, digits, number);
  const std::uint64_t word = load(p);
  number = number_of(word, digits);
  return (word & 0xff) != 0 || digits == 1;
}

/// Where the bytes stand that are no digits, in a piece of text.
struct Stops {
  static constexpr std::size_t kPiece = 8192;  ///< with its stops, it stays in the first cache
  std::size_t count = 0;
  std::array<std::uint16_t, kPiece + 64> at;

  /// `length`: a multiple of 64, at most kPiece.
  void find(const char* text, std::size_t length);
};

/// A blank, tab or the like between fields.
struct CharacterCut {
  char one, other;
  static constexpr std::size_t kLength = 1;
  bool operator()(const char* p) const { return *p == one || *p == other; }
};

/// Two colons.
struct DoubleColonCut {
  static constexpr std::size_t kLength = 2;
  bool operator()(const char* p) const { return p[0] == ':' && p[1] == ':'; }
};

}  // namespace plain

/// Where the lines' columns go, and which indices are allowed: from `lowest`, `span` of them, which become 0 and up.
template <class Key>
struct PlainColumns {
  Key* rows;
  Key* cols;
  double* values;
  double* times;  ///< nullptr: there is no fourth column
  std::uint64_t lowest, row_span, col_span;
};

/// Reads lines of three or four plain numbers, cut by `cut`, while they are that and the end of the text is not near;
/// returns how many, `most` at most, and sets `p` to the next.
template <class Key, class Cut>
class PlainReader {
 public:
  PlainReader(const PlainColumns<Key>& to, Cut cut) : to_(to), cut_(cut) {}

  std::size_t read(const char*& p, const char* end, std::size_t most) {
    std::size_t line = 0;
    for (;;) {
      const auto left = static_cast<std::size_t>(end - p) / 64 * 64;
      stops_.find(p, std::min(left, plain::Stops::kPiece));
      text_ = p;
      start_ = next_ = 0;
      const std::size_t before = line;
      // A line has at most 11 stops; eight more, and every load of eight bytes is within the piece.
      while (line < most && next_ + 19 <= stops_.count) {
        if (!read_line(line)) {
          p = text_ + line_start_;
          return line;
        }
        ++line;
      }
      p = text_ + start_;
      if (line == before || line == most) return line;
    }
  }

 private:
  std::size_t stop() const { return stops_.at[next_]; }

  bool read_cut() {
    if (!cut_(text_ + stop())) return false;
    start_ = stop() + Cut::kLength;
    next_ += Cut::kLength;
    return true;
  }

  bool read_whole(std::uint64_t& number) { return plain::whole_of(text_ + start_, stop() - start_, number); }

  bool read_real(double& number) {
    const bool negative = text_[start_] == '-';
    if (negative) {
      ++start_;
      ++next_;
    }
    const char* const p = text_ + start_;
    const std::size_t whole = stop() - start_;
    const bool point = p[whole] == '.';  // no branch: in files with a point on some lines, it cannot be foretold
    next_ += point;
    const std::size_t length = stop() - start_, digits = length - point;
    if (length > 8) {
      if (scan_real(p, p + length, number) != p + length) return false;
    } else {
      if (digits == 0) return false;
      const std::uint64_t word = plain::load(p), before = (std::uint64_t{1} << (8 * (whole & 7))) - 1;
      const std::uint64_t joined = (word & before) | ((word >> (8 * point)) & ~before);
      number = static_cast<double>(static_cast<std::int64_t>(plain::number_of(joined, digits))) /
               kPowersOfTen[digits - whole];
    }
    if (negative) number = -number;
    return true;
  }

  bool read_newline() {
    if (text_[stop()] == '\r') {
      if (stops_.at[next_ + 1] != stop() + 1) return false;
      ++next_;
    }
    if (text_[stop()] != '\n') return false;
    start_ = stop() + 1;
    ++next_;
    return true;
  }

  bool read_line(std::size_t line) {
    std::uint64_t row = 0, col = 0, time = 0;
    line_start_ = start_;
    if (!read_whole(row) || !read_cut() || !read_whole(col) || !read_cut() || !read_real(to_.values[line]))
      return false;
    if (to_.times != nullptr) {
      if (!read_cut() || !read_whole(time)) return false;
      to_.times[line] = static_cast<double>(static_cast<std::int64_t>(time));
    }
    if (!read_newline()) return false;
    row -= to_.lowest;
    col -= to_.lowest;
    to_.rows[line] = static_cast<Key>(row);
    to_.cols[line] = static_cast<Key>(col);
    return row < to_.row_span && col < to_.col_span;
  }

  PlainColumns<Key> to_;
  Cut cut_;
  const char* text_ = nullptr;              // the piece
  std::size_t line_start_ = 0, start_ = 0;  // in it: where the line, the field begins
  std::size_t next_ = 0;                    // the first stop from there on
  plain::Stops stops_;
};

template <class Key, class Cut>
std::size_t read_plain_lines(const char*& p, const char* end, const PlainColumns<Key>& to, std::size_t most, Cut cut) {
  return PlainReader<Key, Cut>(to, cut).read(p, end, most);
}

}  // namespace rankfill::data
