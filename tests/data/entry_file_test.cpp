// SPDX-License-Identifier: Apache-2.0
#include "data/entry_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "data/files.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {
namespace {

using test::complaint_of;
using test::holds;

void expect_same(const Entries& a, const Entries& b) {
  EXPECT_EQ(a.num_rows, b.num_rows);
  EXPECT_EQ(a.num_cols, b.num_cols);
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.cols, b.cols);
  ASSERT_EQ(a.values.size(), b.values.size());
  for (std::size_t p = 0; p < a.values.size(); ++p) {
    ASSERT_EQ(a.values[p], b.values[p]);
    ASSERT_EQ(std::signbit(a.values[p]), std::signbit(b.values[p]));
  }
  EXPECT_EQ(a.times, b.times);
  for (const auto ids : {&Entries::row_ids, &Entries::col_ids}) {
    EXPECT_EQ((a.*ids).is_range(), (b.*ids).is_range());
    ASSERT_EQ((a.*ids).size(), (b.*ids).size());
    for (std::int64_t k = 0; k < (a.*ids).size(); ++k) ASSERT_EQ((a.*ids).name(k), (b.*ids).name(k));
  }
}

/// Names of every kind, times, values that no float holds.
Entries small() {
  Entries entries;
  entries.num_rows = 4;
  entries.num_cols = 3;
  entries.rows = {3, 0, 2, 0};
  entries.cols = {0, 1, 2, 0};
  entries.values = {0.1, -0.0, 1e300, 4};
  entries.times = {5, 1.5, -3, 1e10};
  entries.row_ids = Ids::texts({"", "a\nb", "c, \"d\"", "\xff"});
  entries.col_ids = Ids::numbers({-7, 0, std::numeric_limits<std::int64_t>::max()});
  return entries;
}

/// Enough for several blocks; float values, sides on both sides of 65,536.
Entries large() {
  std::mt19937_64 random(3);
  Entries entries;
  entries.num_rows = 65537;
  entries.num_cols = 65536;
  for (std::int64_t p = 0; p < 400000; ++p) {
    entries.rows.push_back(static_cast<std::int32_t>(p % entries.num_rows));
    entries.cols.push_back(static_cast<std::int32_t>((p / entries.num_rows * 7919 + p) % entries.num_cols));
    entries.values.push_back(static_cast<double>(random() % 1000) * 0.25 - 100);
  }
  entries.row_ids = Ids::range(entries.num_rows);
  entries.col_ids = Ids::range(entries.num_cols);
  return entries;
}

class EntryFile : public testing::Test {
 protected:
  std::string written(const Entries& entries) const {
    write_entries(folder / "e.rfe", entries);
    return test::contents(folder / "e.rfe");
  }
  Entries read(const std::string& bytes, const ReadOptions& options = {}) const {
    return read_entries(test::write_text(folder / "bytes.rfe", bytes), options);
  }
  std::string complaint(const std::string& bytes) const {
    return complaint_of<InvalidData>([&] { read(bytes, {.threads = 1}); });
  }
  test::TemporaryFolder folder;
};

/// The file with its checksums made anew, as who means harm would.
std::string resealed(std::string bytes) {
  using namespace data;
  const auto put = [&](std::size_t at, std::uint64_t sum) {
    sum = little_endian(sum);
    bytes.replace(at, sizeof sum, reinterpret_cast<const char*>(&sum), sizeof sum);
  };
  put(kEntryFileHeader - 8, checksum(std::string_view(bytes).substr(0, kEntryFileHeader - 8)));
  const std::size_t body = bytes.size() - 8 - kEntryFileHeader;  // of one block
  put(bytes.size() - 8, checksum(std::string_view(bytes).substr(kEntryFileHeader, body)));
  return bytes;
}

TEST_F(EntryFile, HoldsAllThatEntriesDo) {
  for (const Entries& entries : {small(), large()}) {
    const std::string bytes = written(entries);
    for (const int threads : {1, 3}) expect_same(read(bytes, {.threads = threads}), entries);
  }
  Entries unnamed = small();
  unnamed.row_ids = unnamed.col_ids = Ids();
  unnamed.times.clear();
  EXPECT_TRUE(read(written(unnamed)).row_ids.is_range());
}

TEST_F(EntryFile, ColumnsAreAsNarrowAsTheyCanBe) {
  const std::size_t entries = 400000, columns = entries * (4 + 2 + 4);
  const std::size_t size = written(large()).size();
  EXPECT_GE(size, columns);
  EXPECT_LT(size, columns + 1000);
}

TEST_F(EntryFile, TheSameEntriesGiveTheSameBytes) { EXPECT_EQ(written(small()), written(small())); }

TEST_F(EntryFile, IsRecognisedByItsBytesAndCanBeNamed) {
  write_entries(folder / "e.rfe", small());
  std::filesystem::rename(folder / "e.rfe", folder / "e.csv");
  expect_same(read_entries(folder / "e.csv"), small());
  expect_same(read_entries(folder / "e.csv", {.format = Format::binary}), small());
  EXPECT_TRUE(holds(complaint_of<InvalidData>([&] {
                      read_entries(test::write_text(folder / "t", std::string(200, '1')), {.format = Format::binary});
                    }),
                    "does not begin as a .rfe file does"));
}

TEST_F(EntryFile, CutShortAnywhereItIsRefused) {
  const std::string bytes = written(small());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::string found = complaint(bytes.substr(0, length));
    EXPECT_NE(found, "nothing was thrown") << length;
    if (length >= data::kEntryFileHeader) {
      EXPECT_TRUE(holds(found, "bytes.rfe: is " + std::to_string(length) + " bytes long, but its header tells of " +
                                   std::to_string(bytes.size())))
          << found;
    } else if (length >= data::kEntryFileMagic.size()) {
      EXPECT_TRUE(holds(found, "ends within the header of 128 bytes, after " + std::to_string(length))) << found;
    }
  }
  EXPECT_TRUE(holds(complaint(bytes + "x"), "bytes long, but its header tells of"));
}

TEST_F(EntryFile, NoBitCanChangeUnnoticed) {
  const std::string bytes = written(small());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    EXPECT_NE(complaint(damaged), "nothing was thrown") << at;
  }
  const std::string blocks = written(large());
  std::string damaged = blocks;
  damaged[data::kEntryFileHeader + data::kEntryFileBlock + 77] ^= 1;
  EXPECT_TRUE(holds(complaint(damaged), "damaged: bytes 1048704 to 2097279 do not have the checksum"));
}

TEST_F(EntryFile, WhatIsWrongBehindGoodChecksumsIsRefusedToo) {
  using Change = std::function<void(std::string&)>;
  const auto at = [](std::size_t place, const std::string& with) {
    return [=](std::string& bytes) { bytes.replace(place, with.size(), with); };
  };
  // The columns of small(): rows at 128, cols 192, values 256, times 320, ends of the row ids 384, their texts 448,
  // column ids 512.
  const std::pair<Change, const char*> cases[] = {
      {at(8, "\2"), "version 2 of the format: this program reads version 1"},
      {at(24, std::string(8, '\xff')), "each side must be 0..2147483647"},
      {at(40, std::string(8, '\x7f')), "more entries than bytes"},
      {at(40, std::string(8, '\0')), "no entries"},
      {at(48, "\3"), "a row index has 2 or 4 bytes"},
      {at(49, "\1"), "a column index has 2 or 4 bytes"},
      {at(50, "\2"), "a value has 4 or 8 bytes"},
      {at(51, "\4"), "a time has 8 bytes"},
      {at(52, "\3"), "ids are a range (0), numbers (1) or texts (2)"},
      {at(56, std::string(8, '\xff')), "more text than bytes"},
      {at(128, "\4"), "a row index is 4, outside 0..3"},
      {at(192, "\3"), "a column index is 3, outside 0..2"},
      {at(256, std::string("\0\0\0\0\0\0\xf0\x7f", 8)), "a value is not finite"},
      {at(320, std::string("\0\0\0\0\0\0\xf8\x7f", 8)), "a time is not finite"},
      {at(392, "\x7f"), "an id ends at byte 127 of all ids'"},
      {at(448, "z"), "ids must be strictly ascending"},
      {at(512, std::string(8, '\x7f')), "ids must be strictly ascending"}};
  const std::string good = written(small());
  expect_same(read(resealed(good)), small());
  for (const auto& [change, expected] : cases) {
    std::string bytes = good;
    change(bytes);
    EXPECT_TRUE(holds(complaint(resealed(bytes)), expected)) << expected << "\n" << complaint(resealed(bytes));
  }
}

/// Whatever a resealed file holds, it is refused or gives entries that can be used.
TEST_F(EntryFile, RubbishBehindGoodChecksumsDoesNoHarm) {
  const std::string good = written(small());
  std::mt19937_64 random(9);
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = good;
    for (std::uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      const std::size_t limit = random() % 2 == 0 ? data::kEntryFileHeader : bytes.size();
      bytes[8 + random() % (limit - 8)] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
    }
    try {
      const Entries entries = read(resealed(bytes), {.threads = 1});
      for (std::size_t p = 0; p < entries.values.size(); ++p) {
        ASSERT_TRUE(entries.rows[p] >= 0 && entries.rows[p] < entries.num_rows);
        ASSERT_TRUE(entries.cols[p] >= 0 && entries.cols[p] < entries.num_cols);
        ASSERT_TRUE(std::isfinite(entries.values[p]));
      }
      ASSERT_EQ(entries.row_ids.size(), entries.num_rows);
      ASSERT_EQ(entries.col_ids.size(), entries.num_cols);
    } catch (const InvalidData&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 300);
}

TEST_F(EntryFile, TestDataTakesTheIndicesOfTraining) {
  const Ids rows = Ids::texts({"\xff", "\xff\xff"}), cols = Ids::numbers({-7, 1, 2});
  const Entries entries = read(written(small()), {.row_ids = &rows, .col_ids = &cols});
  EXPECT_EQ(entries.rows, (std::vector<std::int32_t>{0, -1, -1, -1}));
  EXPECT_EQ(entries.cols, (std::vector<std::int32_t>{0, -1, -1, 0}));
  EXPECT_EQ(entries.num_rows, 2);
  EXPECT_EQ(entries.num_cols, 3);
  EXPECT_EQ(entries.row_ids.name(0), "\xff");

  const Ids range = Ids::range(70000);
  const Entries wide = read(written(large()), {.row_ids = &range});
  EXPECT_EQ(wide.rows, large().rows);
  EXPECT_EQ(wide.num_rows, 70000);
}

TEST_F(EntryFile, TheChecksumDependsOnEveryByteAndItsPlace) {
  std::string bytes(300, 'x');
  const std::uint64_t whole = data::checksum(bytes);
  EXPECT_NE(data::checksum(bytes.substr(1)), whole);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(0x80 ^ changed[at]);  // the top bit is the one a product could lose
    EXPECT_NE(data::checksum(changed), whole) << at;
    changed[(at + 64) % changed.size()] = static_cast<char>(0x80 ^ changed[(at + 64) % changed.size()]);
    EXPECT_NE(data::checksum(changed), whole) << at;
  }
  EXPECT_NE(data::checksum(""), data::checksum(std::string(1, '\0')));
}

}  // namespace
}  // namespace rankfill
