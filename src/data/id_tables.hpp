// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rankfill::data {

inline constexpr std::int64_t kMostIds = std::numeric_limits<std::int32_t>::max();

/// Distinct texts, numbered 0, 1, ... in the order they were added.  Owns the bytes.
class TextTable {
 public:
  /// The number of `text`, which is added if it is new.
  std::int32_t add(std::string_view text);
  /// The same for several: what they need from memory is asked for at once.
  void add(std::span<const std::string_view> texts, std::int32_t* numbers);
  std::int64_t size() const { return static_cast<std::int64_t>(ends_.size()); }
  std::string_view operator[](std::int64_t number) const;

 private:
  std::int32_t find_or_add(std::string_view text, std::uint64_t hash);
  void grow();

  std::string bytes_;
  std::vector<std::uint64_t> ends_;   // text k is bytes_[ends_[k-1], ends_[k])
  std::vector<std::uint64_t> slots_;  // open addressing, linear probing: upper half of the hash, number + 1; 0: free
};

/// Distinct whole numbers, numbered in the order they were added.
class NumberSet {
 public:
  std::int32_t add(std::int64_t number);
  const std::vector<std::int64_t>& numbers() const { return numbers_; }

 private:
  void grow();

  std::vector<std::int64_t> numbers_;
  struct Slot {
    std::int64_t number;
    std::int64_t place;  // + 1; 0: free
  };
  std::vector<Slot> slots_;
};

/// Numbers this close together are looked up in an array rather than hashed: at most 8 places for each one, 4 bytes each.
bool is_dense(std::int64_t lowest, std::int64_t highest, std::size_t count);

/// Whole number -> its place in a sorted list, for lists of any spread.
class NumberTable {
 public:
  explicit NumberTable(const std::vector<std::int64_t>& ascending);
  /// The place of `number`, or -1.
  std::int32_t find(std::int64_t number) const;

 private:
  std::int64_t lowest_ = 0;
  std::vector<std::int32_t> dense_;  // place of lowest_ + k, or -1; used when the list is not too spread out
  std::vector<std::int64_t> keys_;   // otherwise a hash table, open addressing
  std::vector<std::int32_t> places_;
  std::uint64_t mask_ = 0;
};

}  // namespace rankfill::data
