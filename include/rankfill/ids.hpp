// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rankfill {

/// The names of the rows (or columns) of a matrix: index 0..size()-1 <-> the id the user's file holds.
///
/// Three forms, from cheap to general: the index is its own name (no storage); whole numbers, ascending; any text, in
/// ascending byte order.  The order is a function of the set of ids alone, so the same data gives the same indices
/// however many threads read it.
class Ids {
 public:
  Ids() = default;

  /// Names 0, 1, ..., count-1.
  static Ids range(std::int64_t count);
  /// `ids` must be strictly ascending.  Throws InvalidData otherwise.
  static Ids numbers(std::vector<std::int64_t> ids);
  /// `ids` must be strictly ascending in byte order.  Throws InvalidData otherwise.
  static Ids texts(std::vector<std::string> ids);

  std::int64_t size() const { return size_; }

  /// The id of `index` as text; needs 0 <= index < size().
  std::string name(std::int64_t index) const;

  /// The index of an id, or -1 when it is not one of ours.  Binary search: O(log size()).
  std::int64_t find(std::string_view id) const;
  std::int64_t find(std::int64_t id) const;

  bool is_range() const { return std::holds_alternative<std::monostate>(names_); }
  /// The stored numbers or texts; nullptr when the form is another.
  const std::vector<std::int64_t>* as_numbers() const { return std::get_if<std::vector<std::int64_t>>(&names_); }
  const std::vector<std::string>* as_texts() const { return std::get_if<std::vector<std::string>>(&names_); }

 private:
  std::int64_t size_ = 0;
  std::variant<std::monostate, std::vector<std::int64_t>, std::vector<std::string>> names_;
};

}  // namespace rankfill
