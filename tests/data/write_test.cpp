// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "data/files.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {
namespace {

using test::complaint_of;
using test::holds;

Entries with_ids(std::vector<std::string> names) {
  Entries entries;
  entries.num_rows = static_cast<std::int64_t>(names.size());
  entries.num_cols = 2;
  for (std::int32_t k = 0; k < entries.num_rows; ++k) {
    entries.rows.push_back(k);
    entries.cols.push_back(k % 2);
    entries.values.push_back(0.1 * k - 3);
  }
  entries.row_ids = Ids::texts(std::move(names));
  entries.col_ids = Ids::numbers({-5, 12345678901});
  return entries;
}

class Write : public testing::Test {
 protected:
  Entries round_trip(const std::string& name, const Entries& entries) const {
    write_entries(folder / name, entries);
    return read_entries(folder / name);
  }
  std::string complaint(const std::string& name, const Entries& entries) const {
    return complaint_of<InvalidData>([&] { write_entries(folder / name, entries); });
  }
  test::TemporaryFolder folder;
};

void expect_same(const Entries& a, const Entries& b) {
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.cols, b.cols);
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.times, b.times);
  for (std::size_t p = 0; p < a.values.size(); ++p) {
    EXPECT_EQ(a.row_ids.name(a.rows[p]), b.row_ids.name(b.rows[p]));
    EXPECT_EQ(a.col_ids.name(a.cols[p]), b.col_ids.name(b.cols[p]));
  }
}

TEST_F(Write, TextIsReadBackAsItWas) {
  const Entries bare = with_ids({"007", "a:b", "x", "\xc3\xa9"});
  for (const char* name : {"e.csv", "e.tsv", "e.txt", "E.TXT"}) expect_same(round_trip(name, bare), bare);
  const Entries blanks = with_ids({"a b", "a, b, c", "a;b;c"});
  expect_same(round_trip("e.tsv", blanks), blanks);
  const Entries odd = with_ids({" lead", "\"", "#note", "%", "a \"b\", c", "trail "});
  expect_same(round_trip("e.csv", odd), odd);
  Entries timed = with_ids({"a", "b"});
  timed.times = {1.5, -86400};
  for (const char* name : {"e.csv", "e.tsv", "e.txt", "e.rfe"}) expect_same(round_trip(name, timed), timed);
}

TEST_F(Write, WhatTextCannotHoldIsRefusedAndNothingIsWritten) {
  const std::pair<const char*, const char*> cases[] = {
      {"e.csv", "a;b"},  {"e.csv", "a::b"}, {"e.csv", ""},      {"e.csv", "a\nb"}, {"e.csv", "a\tb"}, {"e.tsv", "#a"},
      {"e.tsv", "a\tb"}, {"e.tsv", " a"},   {"e.tsv", "\"a\""}, {"e.txt", "a b"},  {"e.txt", "a,b"},  {"e.txt", "%a"}};
  for (const auto& [name, id] : cases) {
    EXPECT_TRUE(holds(complaint(name, with_ids({id, "~"})), "would not be read back from text")) << name << id;
    EXPECT_FALSE(std::filesystem::exists(folder / name));
    expect_same(round_trip("e.rfe", with_ids({id, "~"})), with_ids({id, "~"}));
  }
}

TEST_F(Write, IndicesNeedNoNames) {
  Entries entries = with_ids({"a", "b", "c"});
  entries.row_ids = Ids::range(3);
  entries.col_ids = Ids::numbers({0, 1});
  for (const char* name : {"e.txt", "e.npz", "e.rfe"}) expect_same(round_trip(name, entries), entries);
  EXPECT_EQ(round_trip("e.npz", entries).num_cols, 2);
}

TEST_F(Write, NpzHasNoPlaceForNamesAndTimes) {
  EXPECT_TRUE(holds(complaint("e.npz", with_ids({"a", "b"})), "its row ids are names, for which .npz has no place"));
  Entries entries = with_ids({"a", "b"});
  entries.row_ids = Ids();
  EXPECT_TRUE(holds(complaint("e.npz", entries), "its column ids are names"));
  entries.col_ids = Ids();
  entries.times = {1, 2};
  EXPECT_TRUE(holds(complaint("e.npz", entries), "it has times"));
}

TEST_F(Write, OnlyWhatReadingGivesIsWritten) {
  const auto broken = [&](const auto& change) {
    Entries entries = with_ids({"a", "b"});
    entries.source = "made";
    change(entries);
    return complaint("e.rfe", entries);
  };
  EXPECT_TRUE(holds(broken([](Entries& e) { e.rows[1] = -1; }), "made: a row index is -1"));
  EXPECT_TRUE(holds(broken([](Entries& e) { e.cols[1] = 2; }), "a column index is 2"));
  EXPECT_TRUE(holds(broken([](Entries& e) { e.values[1] = 1.0 / 0.0; }), "a value is not finite"));
  EXPECT_TRUE(holds(broken([](Entries& e) { e.times = {0.0 / 0.0, 1}; }), "a time is not finite"));
  EXPECT_TRUE(holds(broken([](Entries& e) { e.times = {1}; }), "as many elements"));
  EXPECT_TRUE(holds(broken([](Entries& e) { e.row_ids = Ids::range(3); }), "3 row ids for a side of 2"));
  EXPECT_TRUE(holds(broken([](Entries& e) { e.values.clear(); }), "no entries"));
  EXPECT_TRUE(holds(broken([](Entries& e) { e.rows[1] = e.cols[1] = 0; }), "row a, column -5 is given more than once"));
}

TEST_F(Write, TheEndOfTheNameDecides) {
  const Entries entries = with_ids({"a", "b"});
  for (const char* name : {"e", "e.xls", "e.mtx", "e.npy"})
    EXPECT_TRUE(holds(complaint_of<InvalidOption>([&] { write_entries(folder / name, entries); }),
                      "its name must end in .rfe, .csv, .tsv, .txt or .npz"));
  write_entries(folder / "e", entries, Format::binary);
  expect_same(read_entries(folder / "e"), entries);
  EXPECT_TRUE(
      holds(complaint_of<InvalidOption>([&] { write_entries(folder / "e", entries, Format::matrix_market); }), "mtx"));
}

}  // namespace
}  // namespace rankfill
