// SPDX-License-Identifier: Apache-2.0
#include "data/id_tables.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

/// Every bit of the result depends on every bit of x.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// Eight bytes at a time; the lengths of the texts are part of it.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0x9E3779B97F4A7C15u + text.size(), word = 0;
  const char* p = text.data();
  std::size_t left = text.size();
  for (; left >= 8; left -= 8, p += 8) {
    std::memcpy(&word, p, 8);
    h = mix(h ^ word);
  }
  word = 0;
  if (left > 0) std::memcpy(&word, p, left);
  return mix(h ^ word);
}

constexpr std::uint64_t kUpper = 0xffffffff00000000u;

void require_room(std::size_t count) {
  if (static_cast<std::int64_t>(count) >= kMostIds) throw InvalidData("", 0, "more than 2^31 - 1 distinct ids");
}

}  // namespace

std::string_view TextTable::operator[](std::int64_t number) const {
  const auto k = static_cast<std::size_t>(number);
  const std::uint64_t begin = k == 0 ? 0 : ends_[k - 1];
  return std::string_view(bytes_).substr(begin, ends_[k] - begin);
}

std::int32_t TextTable::add(std::string_view text) {
  if (2 * ends_.size() >= slots_.size()) grow();
  return find_or_add(text, hash(text));
}

void TextTable::add(std::span<const std::string_view> texts, std::int32_t* numbers) {
  constexpr std::size_t kAtOnce = 32;
  std::array<std::uint64_t, kAtOnce> hashes;
  for (std::size_t first = 0; first < texts.size(); first += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, texts.size() - first);
    while (2 * (ends_.size() + count) >= slots_.size()) grow();
    for (std::size_t k = 0; k < count; ++k) {
      hashes[k] = hash(texts[first + k]);
      __builtin_prefetch(slots_.data() + (hashes[k] & (slots_.size() - 1)));
    }
    for (std::size_t k = 0; k < count; ++k) numbers[first + k] = find_or_add(texts[first + k], hashes[k]);
  }
}

std::int32_t TextTable::find_or_add(std::string_view text, std::uint64_t h) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = h & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (((slots_[slot] ^ h) & kUpper) != 0) continue;
    const auto number = static_cast<std::int64_t>(slots_[slot] & ~kUpper) - 1;
    if ((*this)[number] == text) return static_cast<std::int32_t>(number);
  }
  bytes_.append(text);
  ends_.push_back(bytes_.size());
  slots_[slot] = (h & kUpper) | ends_.size();
  return static_cast<std::int32_t>(ends_.size() - 1);
}

void TextTable::grow() {
  require_room(ends_.size());
  slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::int64_t number = 0; number < size(); ++number) {
    const std::uint64_t h = hash((*this)[number]);
    std::size_t slot = h & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = (h & kUpper) | static_cast<std::uint64_t>(number + 1);
  }
}

std::int32_t NumberSet::add(std::int64_t number) {
  if (2 * numbers_.size() >= slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = mix(static_cast<std::uint64_t>(number)) & mask;
  for (; slots_[slot].place != 0; slot = (slot + 1) & mask) {
    if (slots_[slot].number == number) return static_cast<std::int32_t>(slots_[slot].place - 1);
  }
  numbers_.push_back(number);
  slots_[slot] = {number, static_cast<std::int64_t>(numbers_.size())};
  return static_cast<std::int32_t>(numbers_.size() - 1);
}

void NumberSet::grow() {
  require_room(numbers_.size());
  slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), {0, 0});
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t k = 0; k < numbers_.size(); ++k) {
    std::size_t slot = mix(static_cast<std::uint64_t>(numbers_[k])) & mask;
    while (slots_[slot].place != 0) slot = (slot + 1) & mask;
    slots_[slot] = {numbers_[k], static_cast<std::int64_t>(k) + 1};
  }
}

bool is_dense(std::int64_t lowest, std::int64_t highest, std::size_t count) {
  constexpr std::uint64_t kAlwaysDense = std::uint64_t{1} << 20;
  const std::uint64_t spread = static_cast<std::uint64_t>(highest) - static_cast<std::uint64_t>(lowest);
  return spread < kAlwaysDense || spread / 8 < count;
}

NumberTable::NumberTable(const std::vector<std::int64_t>& ascending) {
  if (ascending.empty()) return;
  lowest_ = ascending.front();
  if (is_dense(ascending.front(), ascending.back(), ascending.size())) {
    dense_.assign(static_cast<std::size_t>(ascending.back() - lowest_) + 1, -1);
    for (std::size_t k = 0; k < ascending.size(); ++k) {
      dense_[static_cast<std::size_t>(ascending[k] - lowest_)] = static_cast<std::int32_t>(k);
    }
    return;
  }
  std::size_t slots = 64;
  while (slots < 2 * ascending.size()) slots *= 2;
  mask_ = slots - 1;
  keys_.resize(slots);
  places_.assign(slots, -1);
  for (std::size_t k = 0; k < ascending.size(); ++k) {
    std::uint64_t slot = mix(static_cast<std::uint64_t>(ascending[k])) & mask_;
    while (places_[slot] >= 0) slot = (slot + 1) & mask_;
    keys_[slot] = ascending[k];
    places_[slot] = static_cast<std::int32_t>(k);
  }
}

std::int32_t NumberTable::find(std::int64_t number) const {
  if (!dense_.empty()) {
    const std::uint64_t offset = static_cast<std::uint64_t>(number) - static_cast<std::uint64_t>(lowest_);
    return number >= lowest_ && offset < dense_.size() ? dense_[offset] : -1;
  }
  if (places_.empty()) return -1;
  for (std::uint64_t slot = mix(static_cast<std::uint64_t>(number)) & mask_;; slot = (slot + 1) & mask_) {
    if (places_[slot] < 0 || keys_[slot] == number) return places_[slot];
  }
}

}  // namespace rankfill::data
