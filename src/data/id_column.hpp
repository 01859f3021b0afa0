// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/id_tables.hpp"
#include "rankfill/ids.hpp"

namespace rankfill::data {

/// The ids one chunk of a file holds on one side, row or column, in file order.
///
/// Each is kept in 4 bytes, where the index of the entry is to stand in the end: the number itself while all fit.  With
/// the first that does not, the chunk turns to 8 bytes; with the first id that is no number, to text, and the 4 bytes
/// are its number in a table.  The canonical form makes that lossless: a number has one spelling.
class IdColumn {
 public:
  enum class Kind { narrow, wide, text };

  /// Keys go to `at`, which has room for as many as will be added, and texts to `texts`, which other chunks may share.
  /// Without this call the column keeps both itself.  Called again, when the keys have moved.
  void place(std::int32_t* at, TextTable* texts);

  /// How many will be added, when the column keeps its keys itself.
  void reserve(std::size_t count) { own_.reserve(count); }
  void add(std::string_view id);
  void add(std::int64_t number) {
    if (kind_ == Kind::narrow && number == static_cast<std::int32_t>(number)) {
      put(static_cast<std::int32_t>(number));
    } else {
      add_large(number);
    }
  }
  /// An id whose text stays until flush(), before which it has no key.  Several are looked up together.
  void add_lasting(std::string_view id);
  void flush();
  std::size_t size() const { return size_; }
  Kind kind() const { return kind_; }
  void make_wide();
  void make_text();

  std::int32_t* keys() { return at_ != nullptr ? at_ : own_.data(); }
  std::vector<std::int64_t>& wide() { return wide_; }  ///< the numbers, when wide
  TextTable* texts() { return texts_; }

  // For the quick path, which writes the keys itself: room for `capacity` wide ones; `count` of this kind were written.
  void reserve_wide(std::size_t capacity) { wide_.resize(capacity); }
  void set_size(std::size_t count);

 private:
  void put(std::int32_t key) {
    if (at_ != nullptr) {
      at_[size_] = key;
    } else {
      own_.push_back(key);
    }
    ++size_;
  }
  void add_large(std::int64_t number);

  Kind kind_ = Kind::narrow;
  std::size_t size_ = 0;
  std::int32_t* at_ = nullptr;
  std::vector<std::int32_t> own_;
  std::vector<std::int64_t> wide_;
  std::vector<std::string_view> waiting_;  // the last texts added, in order
  TextTable* texts_ = nullptr;
  std::unique_ptr<TextTable> own_texts_;
};

/// The index of each entry of a whole file, and the names.
struct IndexedIds {
  std::vector<std::int32_t> indices;
  Ids ids;
};

/// Joins the chunks' ids and empties them.  With `known`, indices are those of `known`, -1 for an id not in it;
/// otherwise the ids found make up the names: numbers if all are, else texts.
/// *Throws* InvalidData(file) when there are more than 2^31 - 1 distinct ids; `side` is "row" or "column".
IndexedIds index_ids(const std::vector<IdColumn*>& chunks, const Ids* known, int threads, const std::string& file,
                     const std::string& side);

/// The same where the chunks' keys stand: each becomes the index.  Returns the names.
Ids index_in_place(const std::vector<IdColumn*>& chunks, const Ids* known, int threads, const std::string& file,
                   const std::string& side);

}  // namespace rankfill::data
