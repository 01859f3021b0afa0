// SPDX-License-Identifier: Apache-2.0
#include "rankfill/ids.hpp"

#include <algorithm>
#include <utility>

#include "data/number.hpp"
#include "rankfill/error.hpp"

namespace rankfill {

namespace {

/// Position of the first element that is not greater than the one before it, or 0 when the ids are strictly ascending.
template <class Id>
std::size_t first_misplaced(const std::vector<Id>& ids) {
  const auto at = std::adjacent_find(ids.begin(), ids.end(), [](const Id& a, const Id& b) { return !(a < b); });
  return at == ids.end() ? 0 : static_cast<std::size_t>(at - ids.begin()) + 1;
}

template <class Ordered, class Key>
std::int64_t index_of(const Ordered& ids, const Key& key) {
  const auto at = std::lower_bound(ids.begin(), ids.end(), key);
  return at != ids.end() && *at == key ? at - ids.begin() : -1;
}

}  // namespace

Ids Ids::range(std::int64_t count) {
  if (count < 0) throw InvalidData("", 0, "a range of ids cannot have " + std::to_string(count) + " members");
  Ids ids;
  ids.size_ = count;
  return ids;
}

Ids Ids::numbers(std::vector<std::int64_t> values) {
  if (const std::size_t at = first_misplaced(values)) {
    throw InvalidData(
        "", 0,
        "ids must be strictly ascending: " + std::to_string(values[at]) + " follows " + std::to_string(values[at - 1]));
  }
  Ids ids;
  ids.size_ = static_cast<std::int64_t>(values.size());
  ids.names_ = std::move(values);
  return ids;
}

// std::string compares as unsigned bytes (char_traits<char>), which is the byte order promised.
Ids Ids::texts(std::vector<std::string> values) {
  if (const std::size_t at = first_misplaced(values)) {
    throw InvalidData("", 0,
                      "ids must be strictly ascending in byte order: " + data::quoted(values[at]) + " follows " +
                          data::quoted(values[at - 1]));
  }
  Ids ids;
  ids.size_ = static_cast<std::int64_t>(values.size());
  ids.names_ = std::move(values);
  return ids;
}

std::string Ids::name(std::int64_t index) const {
  const auto at = static_cast<std::size_t>(index);
  if (const auto* texts = as_texts()) return (*texts)[at];
  if (const auto* numbers = as_numbers()) return std::to_string((*numbers)[at]);
  return std::to_string(index);
}

std::int64_t Ids::find(std::string_view id) const {
  if (const auto* texts = as_texts()) return index_of(*texts, id);
  std::int64_t number = 0;
  return data::parse_whole(id, number) ? find(number) : -1;
}

std::int64_t Ids::find(std::int64_t id) const {
  if (const auto* numbers = as_numbers()) return index_of(*numbers, id);
  if (const auto* texts = as_texts()) return index_of(*texts, std::to_string(id));
  return id >= 0 && id < size_ ? id : -1;
}

}  // namespace rankfill
