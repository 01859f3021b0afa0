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

/// The digits of a canonical whole number without a sign, of at most 18 digits so that it cannot overflow: where they
/// end, or nullptr when it is anything else.
inline const char* scan_whole(const char* p, const char* end, std::int64_t& number) {
  const char* begin = p;
  std::uint64_t n = 0;  // may wrap, and is then refused for its length
  while (p < end && is_digit(*p)) n = n * 10 + static_cast<std::uint64_t>(*p++ - '0');
  const auto digits = p - begin;
  if (digits == 0 || digits > 18 || (*begin == '0' && digits > 1)) return nullptr;
  number = static_cast<std::int64_t>(n);
  return p;
}

/// A decimal of at most kExactDigits digits, as parse_real would read it: its end, or nullptr when it is anything else.
inline const char* scan_real(const char* p, const char* end, double& number) {
  const bool negative = p < end && *p == '-';
  if (negative) ++p;
  std::uint64_t mantissa = 0;  // may wrap, and is then refused for its length
  const char* begin = p;
  while (p < end && is_digit(*p)) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p++ - '0');
  auto digits = p - begin;
  if (digits > kExactDigits) return nullptr;
  double magnitude = 0;
  if (p < end && *p == '.') {
    begin = ++p;
    while (p < end && is_digit(*p)) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p++ - '0');
    const auto decimals = p - begin;
    digits += decimals;
    if (digits > kExactDigits) return nullptr;
    magnitude = static_cast<double>(static_cast<std::int64_t>(mantissa)) / kPowersOfTen[decimals];
  } else {
    magnitude = static_cast<double>(static_cast<std::int64_t>(mantissa));
  }
  if (digits == 0) return nullptr;
  number = negative ? -magnitude : magnitude;
  return p;
}

/// One blank or tab at least: the end of them, or nullptr.
inline const char* scan_blanks(const char* p, const char* end) {
  const char* begin = p;
  while (p < end && (*p == ' ' || *p == '\t')) ++p;
  return p > begin ? p : nullptr;
}

/// A line's end, "\n" or "\r\n": where the next line begins, or nullptr.
inline const char* scan_newline(const char* p, const char* end) {
  if (p < end && *p == '\r') ++p;
  return p < end && *p == '\n' ? p + 1 : nullptr;
}

/// A whole number in canonical form: an optional minus, no plus, no leading zeros, no "-0", within int64.
bool parse_whole(std::string_view text, std::int64_t& number);

/// A finite decimal number; the whole of `text`.  An optional leading plus is allowed.  Correctly rounded; magnitudes
/// below the smallest double become 0, above the largest are refused.
bool parse_real(std::string_view text, double& number);

/// A time: a number as above, or a date `YYYY-MM-DD[{T| }hh:mm[:ss[.fff]][Z]]`, taken as seconds since 1970 in UTC.
bool parse_time(std::string_view text, double& seconds);

/// Why parse_real refused the value of an entry.
std::string bad_value(std::string_view text);

/// `text` in double quotes for a message: shortened, control bytes replaced.
std::string quoted(std::string_view text);

}  // namespace rankfill::data
