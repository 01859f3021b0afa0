// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "data/entry_file.hpp"
#include "data/pages.hpp"
#include "data/parallel.hpp"
#include "data/readers.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

template <class T>
T number_at(std::string_view bytes, std::uint64_t at) {
  T number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return little_endian(number);
}

class EntryFile {
 public:
  explicit EntryFile(const FileBytes& file)
      : file_(file), name_(file.name()), bytes_(file.view()), header_(read_header()), layout_(header_) {
    if (layout_.bytes != bytes_.size()) fail_size(layout_.bytes);
  }

  Entries read(const ReadOptions& options) const {
    const int threads = thread_count(options.threads);
    const auto count = static_cast<std::size_t>(header_.num_entries);
    Entries entries;
    entries.source = name_;
    entries.num_rows = header_.num_rows;
    entries.num_cols = header_.num_cols;
    extend(entries.rows, count, count, threads);
    extend(entries.cols, count, count, threads);
    extend(entries.values, count, count, threads);
    if (header_.time_bytes > 0) extend(entries.times, count, count, threads);

    const auto blocks = static_cast<std::int64_t>(layout_.checksums.bytes / 8);
    parallel_for(blocks, threads, [&](std::int64_t k) {
      if (options.interrupt != nullptr && options.interrupt->load(std::memory_order_relaxed))
        throw Error("interrupted");
      const std::uint64_t begin = kEntryFileHeader + static_cast<std::uint64_t>(k) * kEntryFileBlock,
                          end = std::min(begin + kEntryFileBlock, layout_.checksums.begin);
      if (checksum(bytes_.substr(begin, end - begin)) !=
          number_at<std::uint64_t>(bytes_, layout_.checksums.begin + static_cast<std::uint64_t>(k) * 8))
        fail("damaged: bytes " + std::to_string(begin) + " to " + std::to_string(end - 1) +
             " do not have the checksum that was written with them");
      take_block(begin, end, entries);
      file_.done_with(bytes_.substr(begin, end - begin));
    });
    entries.row_ids = read_ids(header_.row_ids, header_.num_rows, EntryFileLayout::row_ids);
    entries.col_ids = read_ids(header_.col_ids, header_.num_cols, EntryFileLayout::col_ids);
    return entries;
  }

 private:
  [[noreturn]] void fail(const std::string& found) const { throw InvalidData(name_, 0, found); }
  [[noreturn]] void fail_size(std::uint64_t stated) const {
    fail("is " + std::to_string(bytes_.size()) + " bytes long, but its header tells of " + std::to_string(stated) +
         ": cut short, or not written whole");
  }

  /// Nothing is believed but what the checksum covers; then sizes, so that no sum of them can overflow.
  EntryFileHeader read_header() const {
    if (bytes_.size() < kEntryFileHeader)
      fail("ends within the header of " + std::to_string(kEntryFileHeader) + " bytes, after " +
           std::to_string(bytes_.size()));
    if (!bytes_.starts_with(kEntryFileMagic)) fail("does not begin as a .rfe file does");
    std::uint64_t at = kEntryFileMagic.size();
    const auto take = [&](auto& number) {
      number = number_at<std::remove_reference_t<decltype(number)>>(bytes_, at);
      at += sizeof number;
    };
    std::uint32_t version = 0, unused = 0;
    take(version);
    if (version != kEntryFileVersion)
      fail("version " + std::to_string(version) + " of the format: this program reads version " +
           std::to_string(kEntryFileVersion));
    if (checksum(bytes_.substr(0, kEntryFileHeader - 8)) != number_at<std::uint64_t>(bytes_, kEntryFileHeader - 8))
      fail("damaged: the header does not have the checksum that was written with it");
    EntryFileHeader header;
    std::uint64_t file_bytes = 0;
    std::uint8_t row_ids = 0, col_ids = 0;
    std::uint16_t padding = 0;
    take(unused);
    take(file_bytes);
    take(header.num_rows);
    take(header.num_cols);
    take(header.num_entries);
    take(header.row_bytes);
    take(header.col_bytes);
    take(header.value_bytes);
    take(header.time_bytes);
    take(row_ids);
    take(col_ids);
    take(padding);
    take(header.row_text_bytes);
    take(header.col_text_bytes);
    if (file_bytes != bytes_.size()) fail_size(file_bytes);
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    const auto require = [&](bool holds, const char* what) {
      if (!holds) fail(std::string("bad header: ") + what);
    };
    const auto is_within = [](std::int64_t number, std::int64_t most) { return number >= 0 && number <= most; };
    require(is_within(header.num_rows, kMost) && is_within(header.num_cols, kMost), "each side must be 0..2147483647");
    require(is_within(header.num_entries, static_cast<std::int64_t>(file_bytes)), "more entries than bytes");
    require(header.num_entries > 0, "no entries");
    require(header.row_bytes == 2 || header.row_bytes == 4, "a row index has 2 or 4 bytes");
    require(header.col_bytes == 2 || header.col_bytes == 4, "a column index has 2 or 4 bytes");
    require(header.value_bytes == 4 || header.value_bytes == 8, "a value has 4 or 8 bytes");
    require(header.time_bytes == 0 || header.time_bytes == 8, "a time has 8 bytes");
    require(row_ids <= 2 && col_ids <= 2, "ids are a range (0), numbers (1) or texts (2)");
    require(header.row_text_bytes <= file_bytes && header.col_text_bytes <= file_bytes, "more text than bytes");
    header.row_ids = static_cast<StoredIds>(row_ids);
    header.col_ids = static_cast<StoredIds>(col_ids);
    return header;
  }

  /// Which elements of a column stand in [begin, end), which never cuts one.
  struct Part {
    std::size_t first = 0, last = 0;
    const char* bytes = nullptr;
  };
  Part part_of(EntryFileLayout::Column column, std::uint64_t width, std::uint64_t begin, std::uint64_t end) const {
    const Section& section = layout_.sections[column];
    const std::uint64_t from = std::max(begin, section.begin), to = std::min(end, section.end());
    if (from >= to) return {};
    return {(from - section.begin) / width, (to - section.begin) / width, bytes_.data() + from};
  }

  template <class Stored, class Number>
  static void convert(const Part& part, std::vector<Number>& to) {
    for (std::size_t k = part.first; k < part.last; ++k) {
      Stored stored;
      std::memcpy(&stored, part.bytes + (k - part.first) * sizeof stored, sizeof stored);
      to[k] = static_cast<Number>(little_endian(stored));
    }
  }

  void take_block(std::uint64_t begin, std::uint64_t end, Entries& entries) const {
    take_indices(EntryFileLayout::rows, header_.row_bytes, header_.num_rows, "row", begin, end, entries.rows);
    take_indices(EntryFileLayout::cols, header_.col_bytes, header_.num_cols, "column", begin, end, entries.cols);
    take_numbers(EntryFileLayout::values, header_.value_bytes, "value", begin, end, entries.values);
    if (header_.time_bytes > 0)
      take_numbers(EntryFileLayout::times, header_.time_bytes, "time", begin, end, entries.times);
  }

  void take_indices(EntryFileLayout::Column column, std::uint8_t width, std::int64_t size, const char* side,
                    std::uint64_t begin, std::uint64_t end, std::vector<std::int32_t>& to) const {
    const Part part = part_of(column, width, begin, end);
    if (width == 2) {
      convert<std::uint16_t>(part, to);
    } else {
      convert<std::uint32_t>(part, to);
    }
    std::uint32_t highest = 0;  // a negative one is high
    for (std::size_t k = part.first; k < part.last; ++k) highest = std::max(highest, static_cast<std::uint32_t>(to[k]));
    if (part.first < part.last && highest >= size)
      fail(std::string("a ") + side + " index is " + std::to_string(highest) + ", outside 0.." +
           std::to_string(size - 1));
  }

  void take_numbers(EntryFileLayout::Column column, std::uint8_t width, const char* what, std::uint64_t begin,
                    std::uint64_t end, std::vector<double>& to) const {
    const Part part = part_of(column, width, begin, end);
    if (width == 4) {
      convert<float>(part, to);
    } else {
      convert<double>(part, to);
    }
    bool finite = true;
    for (std::size_t k = part.first; k < part.last; ++k) finite &= to[k] - to[k] == 0;
    if (!finite) fail(std::string("a ") + what + " is not finite");
  }

  Ids read_ids(StoredIds stored, std::int64_t size, int names) const {
    const auto count = static_cast<std::size_t>(size);
    const Section &column = layout_.sections[static_cast<std::size_t>(names)],
                  &text = layout_.sections[static_cast<std::size_t>(names) + 1];
    try {
      if (stored == StoredIds::range) return Ids::range(size);
      if (stored == StoredIds::numbers) {
        std::vector<std::int64_t> numbers(count);
        convert<std::int64_t>({0, count, bytes_.data() + column.begin}, numbers);
        return Ids::numbers(std::move(numbers));
      }
      std::vector<std::string> texts;
      texts.reserve(count);
      std::uint64_t begin = 0;
      for (std::size_t k = 0; k < count; ++k) {
        const auto end = number_at<std::uint64_t>(bytes_, column.begin + k * 8);
        if (end < begin || end > text.bytes)
          fail("an id ends at byte " + std::to_string(end) + " of all ids' " + std::to_string(text.bytes) +
               ", or before it begins");
        texts.emplace_back(bytes_.substr(text.begin + begin, end - begin));
        begin = end;
      }
      return Ids::texts(std::move(texts));
    } catch (const InvalidData& error) {
      if (!error.file.empty()) throw;
      fail(error.what());  // ids that do not ascend
    }
  }

  const FileBytes& file_;
  const std::string& name_;
  std::string_view bytes_;
  EntryFileHeader header_;
  EntryFileLayout layout_;
};

/// Gives the entries the indices of `known`, -1 for an id that is not in it.
void rename(std::vector<std::int32_t>& indices, std::int64_t& size, Ids& own, const Ids* known, int threads) {
  if (known == nullptr) return;
  std::vector<std::int32_t> place(static_cast<std::size_t>(own.size()));
  bool same = true;
  for (std::int32_t k = 0; k < own.size(); ++k) {
    const auto* numbers = own.as_numbers();
    const auto* texts = own.as_texts();
    const auto at = static_cast<std::size_t>(k);
    place[at] = static_cast<std::int32_t>(texts     ? known->find(std::string_view((*texts)[at]))
                                          : numbers ? known->find((*numbers)[at])
                                                    : known->find(std::int64_t{k}));
    same = same && place[at] == k;
  }
  if (!same) {
    constexpr std::int64_t kAtOnce = std::int64_t{1} << 18;
    const auto count = std::ssize(indices);
    parallel_for((count + kAtOnce - 1) / kAtOnce, threads, [&](std::int64_t block) {
      for (std::int64_t p = block * kAtOnce; p < std::min(count, (block + 1) * kAtOnce); ++p) {
        std::int32_t& index = indices[static_cast<std::size_t>(p)];
        index = place[static_cast<std::size_t>(index)];
      }
    });
  }
  own = *known;
  size = known->size();
}

}  // namespace

Entries read_entry_file(const FileBytes& file, const ReadOptions& options) {
  Entries entries = EntryFile(file).read(options);
  const int threads = thread_count(options.threads);
  rename(entries.rows, entries.num_rows, entries.row_ids, options.row_ids, threads);
  rename(entries.cols, entries.num_cols, entries.col_ids, options.col_ids, threads);
  return entries;
}

}  // namespace rankfill::data
