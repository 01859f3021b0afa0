// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "rankfill/ids.hpp"

namespace rankfill::data {

/// Distinct texts, numbered 0, 1, ... in the order they were added.  Owns the bytes.
class TextTable {
 public:
  /// The number of `text`, which is added if it is new.
  std::int64_t add(std::string_view text);
  std::int64_t size() const { return static_cast<std::int64_t>(ends_.size()); }
  std::string_view operator[](std::int64_t number) const;

 private:
  void grow();

  std::string bytes_;
  std::vector<std::uint64_t> ends_;   // text k is bytes_[ends_[k-1], ends_[k])
  std::vector<std::uint32_t> slots_;  // open addressing, linear probing: number + 1, or 0 when free
};

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

/// The ids one chunk of a file holds on one side, row or column, in file order.
///
/// Numbers stay numbers (8 bytes an entry, no table) until the first id that is not one; then the whole chunk turns to
/// text.  The canonical form makes that lossless: a number has one spelling.
class IdColumn {
 public:
  void reserve(std::size_t count) { keys.reserve(count); }
  void add(std::string_view id);
  void add(std::int64_t number) {
    if (is_text_) {
      add_text(std::to_string(number));
    } else {
      keys.push_back(number);
    }
  }
  std::size_t size() const { return keys.size(); }
  bool is_text() const { return is_text_; }
  void make_text();

  std::vector<std::int64_t> keys;  ///< per entry: the number, or the place in texts
  TextTable texts;

 private:
  void add_text(std::string_view id) { keys.push_back(texts.add(id)); }
  bool is_text_ = false;
};

/// The ids of a whole file: the index of each entry, and the names.
struct IndexedIds {
  std::vector<std::int32_t> indices;
  Ids ids;
};

/// Joins the chunks' ids and empties them.  With `known`, indices are those of `known`, -1 for an id not in it;
/// otherwise the ids found make up the names: numbers if all are, else texts.
/// *Throws* InvalidData(file) when there are more than 2^31 - 1 distinct ids; `side` is "row" or "column".
IndexedIds index_ids(const std::vector<IdColumn*>& chunks, const Ids* known, int threads, const std::string& file,
                     const std::string& side);

inline constexpr std::int64_t kMostIds = std::numeric_limits<std::int32_t>::max();

}  // namespace rankfill::data
