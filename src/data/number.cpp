// SPDX-License-Identifier: Apache-2.0
#include "data/number.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <system_error>

namespace rankfill::data {

bool parse_whole(std::string_view text, std::int64_t& number) {
  if (text.empty()) return false;
  const std::string_view digits = text.front() == '-' ? text.substr(1) : text;
  if (digits.empty() || !is_digit(digits.front())) return false;
  if (digits.front() == '0' && text.size() > 1) return false;  // 007, -0, -01
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end;
}

namespace {

/// Digits with at most one point, short enough to be exact; false when from_chars has to do it.
bool parse_short_decimal(std::string_view text, double& number) {
  const bool negative = text.front() == '-';
  std::int64_t mantissa = 0;
  int digits = 0, decimals = 0;
  bool point = false;
  for (std::size_t i = negative ? 1 : 0; i < text.size(); ++i) {
    if (is_digit(text[i])) {
      if (++digits > kExactDigits) return false;
      mantissa = mantissa * 10 + (text[i] - '0');
      decimals += point;
    } else if (text[i] == '.' && !point) {
      point = true;
    } else {
      return false;
    }
  }
  if (digits == 0) return false;
  const double magnitude = static_cast<double>(mantissa) / kPowersOfTen[decimals];
  number = negative ? -magnitude : magnitude;
  return true;
}

/// from_chars says "out of range" for both ends of the range; which end shows in the spelling.
bool is_underflow(std::string_view text) {
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) return exponent + 1 < text.size() && text[exponent + 1] == '-';
  const std::size_t digit = text.find_first_not_of("-0");
  return digit != std::string_view::npos && text[digit] == '.';
}

bool two_digits(std::string_view text, std::size_t at, int& number) {
  if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return false;
  number = (text[at] - '0') * 10 + (text[at + 1] - '0');
  return true;
}

}  // namespace

bool parse_real(std::string_view text, double& number) {
  if (text.size() > 1 && text.front() == '+' && (is_digit(text[1]) || text[1] == '.')) text.remove_prefix(1);
  if (text.empty()) return false;
  if (parse_short_decimal(text, number)) return true;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ptr != end) return false;
  if (result.ec == std::errc::result_out_of_range && is_underflow(text)) {
    number = 0;
    return true;
  }
  return result.ec == std::errc() && std::isfinite(number);
}

bool parse_time(std::string_view text, double& seconds) {
  if (parse_real(text, seconds)) return true;
  int century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  if (!two_digits(text, 0, century) || !two_digits(text, 2, year) || text.size() < 10 || text[4] != '-' ||
      !two_digits(text, 5, month) || text[7] != '-' || !two_digits(text, 8, day)) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year{century * 100 + year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return false;
  text.remove_prefix(10);
  if (!text.empty() && text.back() == 'Z') text.remove_suffix(1);
  if (!text.empty()) {
    if ((text[0] != 'T' && text[0] != ' ') || !two_digits(text, 1, hour) || text.size() < 6 || text[3] != ':' ||
        !two_digits(text, 4, minute) || hour > 23 || minute > 59) {
      return false;
    }
    text.remove_prefix(6);
    int whole = 0;
    if (!text.empty() && (text[0] != ':' || !two_digits(text, 1, whole) || !parse_real(text.substr(1), second))) {
      return false;
    }
    if (second < 0 || second >= 61) return false;
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  seconds = static_cast<double>(days) * 86400.0 + hour * 3600 + minute * 60 + second;
  return true;
}

std::string bad_value(std::string_view text) {
  if (text.empty()) return "the value is missing";
  std::string pointed(text);
  std::replace(pointed.begin(), pointed.end(), ',', '.');
  double number = 0;
  const bool has_comma = pointed != text && parse_real(pointed, number);
  return "the value " + quoted(text) + " is not a finite number" +
         (has_comma ? ": write the decimals after a point, not after a comma" : "");
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string out = "\"";
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  if (text.size() > kLongest) out += "...";
  return out + '"';
}

}  // namespace rankfill::data
