// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rankfill/entries.hpp"

namespace rankfill::data {

// A file of entries as they stand in memory, `.rfe` (docs/formats.md): a header of 128 bytes; columns one after another, each
// as narrow as its numbers allow, beginning at a multiple of 64; a checksum for every MiB of what is between.  All numbers
// are little-endian.

/// The bytes beyond ASCII and the line ends are for those who send it as text: then this is the first to break.
inline constexpr std::string_view kEntryFileMagic = "\x89RFE\r\n\x1a\n";
inline constexpr std::uint32_t kEntryFileVersion = 1;
inline constexpr std::uint64_t kEntryFileHeader = 128, kEntryFileBlock = std::uint64_t{1} << 20;

/// How the names of a side are stored.
enum class StoredIds : std::uint8_t { range, numbers, texts };

/// What the header tells.
struct EntryFileHeader {
  std::int64_t num_rows = 0, num_cols = 0, num_entries = 0;
  std::uint8_t row_bytes = 4, col_bytes = 4;  ///< of an index: 2 or 4, unsigned
  std::uint8_t value_bytes = 8;               ///< 4: float32, which holds all of them exactly; 8
  std::uint8_t time_bytes = 0;                ///< 0: there are none; 8
  StoredIds row_ids = StoredIds::range, col_ids = StoredIds::range;
  std::uint64_t row_text_bytes = 0, col_text_bytes = 0;  ///< of all names of the side, when texts
};

/// Where a column stands in the file, in bytes.
struct Section {
  std::uint64_t begin = 0, bytes = 0;
  std::uint64_t end() const { return begin + bytes; }
};

/// Names take up to two columns: numbers of 8 bytes, or where each text ends and the texts.
struct EntryFileLayout {
  enum Column { rows, cols, values, times, row_ids, row_texts, col_ids, col_texts, kColumns };
  std::array<Section, kColumns> sections;
  Section checksums;
  std::uint64_t bytes = 0;  ///< of the whole file

  /// The sizes must have been checked against the size of a file, so that no sum can overflow.
  explicit EntryFileLayout(const EntryFileHeader& header);
};

/// `value` as it stands in a file, and back.
template <class T>
T little_endian(T value) {
  if constexpr (std::endian::native == std::endian::little) {
    return value;
  } else {
    auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
    for (std::size_t k = 0; k < sizeof(T) / 2; ++k) std::swap(bytes[k], bytes[sizeof(T) - 1 - k]);
    return std::bit_cast<T>(bytes);
  }
}

/// 64 bits of which every byte matters.  A change within one aligned word of 8 bytes is always noticed, any other unless
/// by a chance of about 1 in 2^64; it is no protection against intent.  About as fast as memory.
std::uint64_t checksum(std::string_view bytes);

}  // namespace rankfill::data
