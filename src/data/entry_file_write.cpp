// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "data/atomic_file.hpp"
#include "data/entry_file.hpp"
#include "data/writers.hpp"

namespace rankfill::data {

namespace {

/// Writes what follows the header, and keeps a checksum of every block of it.
class BlockWriter {
 public:
  BlockWriter(FileWriter& out, std::uint64_t at) : out_(out), at_(at) { block_.reserve(kEntryFileBlock); }

  void pad_to(std::uint64_t place) {
    const std::string zeros(place - at_, '\0');
    write(zeros.data(), zeros.size());
  }
  void write(const void* bytes, std::size_t count) {
    const char* from = static_cast<const char*>(bytes);
    at_ += count;
    while (count > 0) {
      const std::size_t part = std::min(count, kEntryFileBlock - block_.size());
      block_.append(from, part);
      from += part;
      count -= part;
      if (block_.size() == kEntryFileBlock) flush();
    }
  }
  /// Numbers, one after another: `number(k)` for k < count, each already of the type it is stored as.
  template <class Number>
  void write_numbers(std::size_t count, const Number& number) {
    std::array<decltype(number(0)), 4096> some;
    for (std::size_t first = 0; first < count; first += some.size()) {
      const std::size_t part = std::min(some.size(), count - first);
      for (std::size_t k = 0; k < part; ++k) some[k] = little_endian(number(first + k));
      write(some.data(), part * sizeof(some[0]));
    }
  }
  void write_checksums() {
    if (!block_.empty()) flush();
    for (std::uint64_t& sum : sums_) sum = little_endian(sum);
    out_.write(sums_.data(), sums_.size() * sizeof(sums_[0]));
  }

 private:
  void flush() {
    sums_.push_back(checksum(block_));
    out_.write(block_);
    block_.clear();
  }

  FileWriter& out_;
  std::uint64_t at_;
  std::string block_;
  std::vector<std::uint64_t> sums_;
};

StoredIds stored_as(const Ids& ids, std::int64_t size) {
  if (ids.size() != size || ids.is_range()) return StoredIds::range;  // a default-made Ids is one
  return ids.as_numbers() != nullptr ? StoredIds::numbers : StoredIds::texts;
}

std::uint64_t text_bytes(const Ids& ids) {
  std::uint64_t bytes = 0;
  if (const auto* texts = ids.as_texts())
    for (const std::string& text : *texts) bytes += text.size();
  return bytes;
}

EntryFileHeader header_of(const Entries& entries) {
  constexpr std::int64_t kMostOfTwoBytes = 65536;
  const bool single = std::all_of(entries.values.begin(), entries.values.end(),
                                  [](double value) { return double{static_cast<float>(value)} == value; });
  EntryFileHeader header;
  header.num_rows = entries.num_rows;
  header.num_cols = entries.num_cols;
  header.num_entries = entries.size();
  header.row_bytes = entries.num_rows <= kMostOfTwoBytes ? 2 : 4;
  header.col_bytes = entries.num_cols <= kMostOfTwoBytes ? 2 : 4;
  header.value_bytes = single ? 4 : 8;
  header.time_bytes = entries.times.empty() ? 0 : 8;
  header.row_ids = stored_as(entries.row_ids, entries.num_rows);
  header.col_ids = stored_as(entries.col_ids, entries.num_cols);
  if (header.row_ids == StoredIds::texts) header.row_text_bytes = text_bytes(entries.row_ids);
  if (header.col_ids == StoredIds::texts) header.col_text_bytes = text_bytes(entries.col_ids);
  return header;
}

void write_header(FileWriter& out, const EntryFileHeader& header, std::uint64_t file_bytes) {
  std::string bytes(kEntryFileMagic);
  const auto put = [&](auto number) {
    number = little_endian(number);
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  put(kEntryFileVersion);
  put(std::uint32_t{0});
  put(file_bytes);
  put(header.num_rows);
  put(header.num_cols);
  put(header.num_entries);
  for (const std::uint8_t width :
       {header.row_bytes, header.col_bytes, header.value_bytes, header.time_bytes,
        static_cast<std::uint8_t>(header.row_ids), static_cast<std::uint8_t>(header.col_ids)})
    put(width);
  put(std::uint16_t{0});
  put(header.row_text_bytes);
  put(header.col_text_bytes);
  bytes.resize(kEntryFileHeader - 8, '\0');
  put(checksum(bytes));
  out.write(bytes);
}

void write_ids(BlockWriter& out, const Ids& ids, StoredIds stored, const Section& names, const Section& texts) {
  out.pad_to(names.begin);
  if (stored == StoredIds::numbers) {
    const auto& numbers = *ids.as_numbers();
    out.write_numbers(numbers.size(), [&](std::size_t k) { return numbers[k]; });
  }
  if (stored == StoredIds::texts) {
    std::uint64_t end = 0;
    out.write_numbers(ids.as_texts()->size(), [&](std::size_t k) { return end += (*ids.as_texts())[k].size(); });
  }
  out.pad_to(texts.begin);
  if (stored == StoredIds::texts) {
    for (const std::string& text : *ids.as_texts()) out.write(text.data(), text.size());
  }
}

void write_indices(BlockWriter& out, const std::vector<std::int32_t>& indices, std::uint8_t bytes) {
  if (bytes == 2) {
    out.write_numbers(indices.size(), [&](std::size_t k) { return static_cast<std::uint16_t>(indices[k]); });
  } else {
    out.write_numbers(indices.size(), [&](std::size_t k) { return static_cast<std::uint32_t>(indices[k]); });
  }
}

}  // namespace

void write_entry_file(const std::filesystem::path& file, const Entries& entries) {
  const EntryFileHeader header = header_of(entries);
  const EntryFileLayout layout(header);
  write_file_atomically(file, [&](FileWriter& writer) {
    write_header(writer, header, layout.bytes);
    BlockWriter out(writer, kEntryFileHeader);
    const auto& sections = layout.sections;
    out.pad_to(sections[EntryFileLayout::rows].begin);
    write_indices(out, entries.rows, header.row_bytes);
    out.pad_to(sections[EntryFileLayout::cols].begin);
    write_indices(out, entries.cols, header.col_bytes);
    out.pad_to(sections[EntryFileLayout::values].begin);
    const auto& values = entries.values;
    if (header.value_bytes == 4) {
      out.write_numbers(values.size(), [&](std::size_t k) { return static_cast<float>(values[k]); });
    } else {
      out.write_numbers(values.size(), [&](std::size_t k) { return values[k]; });
    }
    out.pad_to(sections[EntryFileLayout::times].begin);
    out.write_numbers(entries.times.size(), [&](std::size_t k) { return entries.times[k]; });
    write_ids(out, entries.row_ids, header.row_ids, sections[EntryFileLayout::row_ids],
              sections[EntryFileLayout::row_texts]);
    write_ids(out, entries.col_ids, header.col_ids, sections[EntryFileLayout::col_ids],
              sections[EntryFileLayout::col_texts]);
    out.pad_to(layout.checksums.begin);
    out.write_checksums();
  });
}

}  // namespace rankfill::data
