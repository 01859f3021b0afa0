// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rankfill::data {

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

inline std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// 10^0 .. 10^22: the powers of ten a double holds exactly.
inline constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                          1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Any decimal with at most this many digits, decimal point aside, is an integer below 2^53 over a power of ten; both
/// are exact in a double, so one division rounds correctly.
inline constexpr int kExactDigits = 15;

/// A whole number in canonical form: an optional minus, no plus, no leading zeros, no "-0", within int64.
bool parse_whole(std::string_view text, std::int64_t& number);

/// A finite decimal number; the whole of `text`.  An optional leading plus is allowed.  Correctly rounded; magnitudes
/// below the smallest double become 0, above the largest are refused.
bool parse_real(std::string_view text, double& number);

/// A time: a number as above, or a date `YYYY-MM-DD[{T| }hh:mm[:ss[.fff]][Z]]`, taken as seconds since 1970 in UTC.
bool parse_time(std::string_view text, double& seconds);

/// `text` in double quotes for a message: shortened, control bytes replaced.
std::string quoted(std::string_view text);

}  // namespace rankfill::data
