// SPDX-License-Identifier: Apache-2.0
#include "data/entry_file.hpp"

#include <cstring>

namespace rankfill::data {

EntryFileLayout::EntryFileLayout(const EntryFileHeader& header) {
  constexpr std::uint64_t kAlign = 64;
  const auto aligned = [](std::uint64_t at) { return (at + kAlign - 1) / kAlign * kAlign; };
  std::uint64_t end = kEntryFileHeader;
  const auto place = [&](Column column, std::uint64_t bytes) {
    sections[column] = {aligned(end), bytes};
    end = sections[column].end();
  };
  const auto place_ids = [&](Column ids, Column texts, StoredIds stored, std::int64_t count, std::uint64_t text_bytes) {
    place(ids, stored == StoredIds::range ? 0 : static_cast<std::uint64_t>(count) * 8);
    place(texts, stored == StoredIds::texts ? text_bytes : 0);
  };
  const auto entries = static_cast<std::uint64_t>(header.num_entries);
  place(rows, entries * header.row_bytes);
  place(cols, entries * header.col_bytes);
  place(values, entries * header.value_bytes);
  place(times, entries * header.time_bytes);
  place_ids(row_ids, row_texts, header.row_ids, header.num_rows, header.row_text_bytes);
  place_ids(col_ids, col_texts, header.col_ids, header.num_cols, header.col_text_bytes);
  const std::uint64_t begin = aligned(end);
  checksums = {begin, (begin - kEntryFileHeader + kEntryFileBlock - 1) / kEntryFileBlock * 8};
  bytes = checksums.end();
}

// Lanes, so that the multiplications need not wait for each other.  h -> rotate((h ^ word) * odd) is a bijection for every
// word, so two inputs that differ in one word end in different lanes.
std::uint64_t checksum(std::string_view bytes) {
  constexpr std::size_t kLanes = 8;
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15u;
  std::array<std::uint64_t, kLanes> lane;
  for (std::size_t k = 0; k < kLanes; ++k) lane[k] = kOdd * (2 * k + 1) + bytes.size();
  const auto add = [&](const char* from) {
    std::array<std::uint64_t, kLanes> word;
    std::memcpy(word.data(), from, sizeof word);
    for (std::size_t k = 0; k < kLanes; ++k) lane[k] = std::rotl((lane[k] ^ little_endian(word[k])) * kOdd, 29);
  };
  constexpr std::size_t kStep = kLanes * 8;
  std::size_t at = 0;
  for (; at + kStep <= bytes.size(); at += kStep) add(bytes.data() + at);
  if (at < bytes.size()) {
    std::array<char, kStep> last{};
    std::memcpy(last.data(), bytes.data() + at, bytes.size() - at);
    add(last.data());
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t h : lane) sum = std::rotl((sum ^ h) * kOdd, 31);
  return sum ^ (sum >> 32);
}

}  // namespace rankfill::data
