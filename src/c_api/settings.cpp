// SPDX-License-Identifier: Apache-2.0
#include "c_api/settings.hpp"

#include <cmath>
#include <cstdio>

#include "rankfill/error.hpp"

namespace rankfill::c_api {

void Setting::refuse(const std::string& rule) const { throw InvalidOption(std::string(name_), shown(), rule); }

std::int64_t Setting::whole(std::int64_t least, std::int64_t most) const {
  constexpr double exact = 9007199254740992;  // 2^53: up to there a double is the whole number that was meant
  std::int64_t value = 0;
  if (const auto* integer = std::get_if<std::int64_t>(&value_)) {
    value = *integer;
  } else {
    const double given = number();
    if (!(std::abs(given) <= exact) || given != std::floor(given)) refuse("must be a whole number");
    value = static_cast<std::int64_t>(given);
  }
  if (value < least || value > most) refuse("must be " + std::to_string(least) + ".." + std::to_string(most));
  return value;
}

double Setting::number() const {
  if (is_text()) refuse("must be a number, not a text");
  if (const auto* integer = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*integer);
  return std::get<double>(value_);
}

std::string Setting::text() const {
  if (!is_text()) refuse("must be a text, not a number");
  return std::string(std::get<std::string_view>(value_));
}

std::string Setting::shown() const {
  if (is_text()) return std::string(std::get<std::string_view>(value_));
  if (const auto* integer = std::get_if<std::int64_t>(&value_)) return std::to_string(*integer);
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.17g", std::get<double>(value_));
  return buffer;
}

}  // namespace rankfill::c_api
