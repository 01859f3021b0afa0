// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace rankfill::c_api {

/// One `name = value` of a C caller, and the member it is for, once that is found.
class Setting {
 public:
  using Value = std::variant<std::int64_t, double, std::string_view>;

  Setting(std::string_view name, Value value) : name_(name), value_(value) {}

  /// Is the setting called `name`?  Then sets `member`; *throws* InvalidOption when its type cannot hold the value.
  template <class T>
  bool goes_to(std::string_view name, T& member) const {
    if (name != name_) return false;
    if constexpr (std::is_same_v<T, bool>) {
      member = whole(0, 1) == 1;
    } else if constexpr (std::is_unsigned_v<T>) {
      member = static_cast<T>(whole(0, INT64_MAX));
    } else if constexpr (std::integral<T>) {
      member = static_cast<T>(whole(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    } else {
      member = number();
    }
    return true;
  }

  template <class T>
  bool goes_to(std::string_view name, std::optional<T>& member) const {
    T value{};
    if (!goes_to(name, value)) return false;
    member = value;
    return true;
  }

  /// The same for a text that `parse` understands.
  template <class T, class Parse>
  bool goes_to(std::string_view name, T& member, const Parse& parse) const {
    if (name != name_) return false;
    member = parse(text());
    return true;
  }

  bool is_text() const { return std::holds_alternative<std::string_view>(value_); }
  /// *Throws* InvalidOption: `rule` about the name, where it is not one of ours.
  [[noreturn]] void refuse(const std::string& rule) const;

 private:
  std::int64_t whole(std::int64_t least, std::int64_t most) const;
  double number() const;
  std::string text() const;
  std::string shown() const;

  std::string_view name_;
  Value value_;
};

}  // namespace rankfill::c_api
