// SPDX-License-Identifier: Apache-2.0
#include "data/id_column.hpp"

#include <gtest/gtest.h>

#include <set>

namespace rankfill::data {
namespace {

constexpr auto kMin = std::numeric_limits<std::int64_t>::min(), kMax = std::numeric_limits<std::int64_t>::max();

TEST(TextTable, NumbersTextsInTheOrderOfTheirComing) {
  TextTable table;
  for (int again = 0; again < 2; ++again) {
    for (int k = 0; k < 1000; ++k) EXPECT_EQ(table.add("text " + std::to_string(k)), k);  // grows several times
  }
  EXPECT_EQ(table.size(), 1000);
  EXPECT_EQ(table[999], "text 999");
  EXPECT_EQ(table.add(""), 1000);
  EXPECT_EQ(table[1000], "");
}

TEST(NumberTable, FindsNumbersOfAnySpread) {
  const std::vector<std::vector<std::int64_t>> lists{
      {}, {5}, {-3, -2, 7}, {kMin, -1, 0, 1, kMax}, {kMax - 1, kMax}, {kMin, kMin + 1}};
  for (const auto& list : lists) {
    const NumberTable table(list);
    for (std::size_t k = 0; k < list.size(); ++k) EXPECT_EQ(table.find(list[k]), static_cast<std::int32_t>(k));
    for (const std::int64_t other : {kMin, kMin + 1, std::int64_t{-4}, std::int64_t{6}, kMax - 1, kMax}) {
      if (std::find(list.begin(), list.end(), other) == list.end()) {
        EXPECT_EQ(table.find(other), -1) << other;
      }
    }
  }
  std::vector<std::int64_t> sparse;  // a hash table with many neighbours
  for (std::int64_t k = 0; k < 3000; ++k) sparse.push_back(k * k * k * 1000003);
  const NumberTable table(sparse);
  for (std::size_t k = 0; k < sparse.size(); ++k) EXPECT_EQ(table.find(sparse[k]), static_cast<std::int32_t>(k));
  EXPECT_EQ(table.find(2), -1);
}

/// The ids indexed after being dealt to chunks of `chunk` each.
IndexedIds index(const std::vector<std::string>& ids, std::size_t chunk, int threads = 2, const Ids* known = nullptr) {
  std::vector<IdColumn> columns((ids.size() + chunk - 1) / chunk);
  for (std::size_t k = 0; k < ids.size(); ++k) columns[k / chunk].add(ids[k]);
  std::vector<IdColumn*> pointers;
  for (IdColumn& column : columns) pointers.push_back(&column);
  return index_ids(pointers, known, threads, "file", "row");
}

void expect_names(const IndexedIds& indexed, const std::vector<std::string>& ids) {
  ASSERT_EQ(indexed.indices.size(), ids.size());
  for (std::size_t k = 0; k < ids.size(); ++k) EXPECT_EQ(indexed.ids.name(indexed.indices[k]), ids[k]);
  EXPECT_EQ(indexed.ids.size(), static_cast<std::int64_t>(std::set<std::string>(ids.begin(), ids.end()).size()));
}

TEST(IdColumn, IndicesNameTheIdsHoweverTheFileIsCut) {
  const std::vector<std::vector<std::string>> cases{
      {"3", "1", "2", "1"},                                                               // dense numbers
      {"9223372036854775807", "-9223372036854775808", "0", "-1", "9223372036854775807"},  // sparse ones
      {"b", "a", "", "b", "ab"},                                                          // texts
      {"10", "9", "x", "9", "007", "7"},                                                  // numbers that turn to text
      {"9223372036854775808", "1", "1"}};  // too large a number is a text
  for (const auto& ids : cases) {
    const IndexedIds whole = index(ids, ids.size());
    expect_names(whole, ids);
    for (std::size_t chunk = 1; chunk < ids.size(); ++chunk) {
      for (const int threads : {1, 3}) {
        const IndexedIds cut = index(ids, chunk, threads);
        EXPECT_EQ(cut.indices, whole.indices);
        EXPECT_EQ(cut.ids.as_numbers() == nullptr, whole.ids.as_numbers() == nullptr);
      }
    }
  }
}

TEST(IdColumn, TextsLookedUpTogetherGetTheSameNumbers) {
  std::vector<std::string> ids;
  for (int k = 0; k < 1000; ++k) ids.push_back(k < 10 ? std::to_string(k) : "text " + std::to_string(k * k % 301));
  std::vector<std::int32_t> keys(ids.size());
  TextTable texts;
  IdColumn column;
  column.place(keys.data(), &texts);
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (k % 100 == 77) {  // one that does not last
      column.flush();
      column.add(std::string_view(std::string(ids[k])));
    } else {
      column.add_lasting(ids[k]);
    }
  }
  column.flush();
  ASSERT_EQ(column.size(), ids.size());
  for (std::size_t k = 0; k < ids.size(); ++k) ASSERT_EQ(texts[keys[k]], ids[k]);
}

TEST(IdColumn, NumbersAreOrderedAsNumbersAndTextAsBytes) {
  EXPECT_EQ(*index({"10", "9", "-1"}, 1).ids.as_numbers(), (std::vector<std::int64_t>{-1, 9, 10}));
  EXPECT_EQ(*index({"10", "9", "x", "\xc3\xa9", "Z"}, 2).ids.as_texts(),
            (std::vector<std::string>{"10", "9", "Z", "x", "\xc3\xa9"}));
}

TEST(IdColumn, KnownIdsGiveTheirIndices) {
  const Ids numbers = Ids::numbers({5, 7, 9}), texts = Ids::texts({"5", "b"}), range = Ids::range(3);
  EXPECT_EQ(index({"9", "6", "5"}, 2, 2, &numbers).indices, (std::vector<std::int32_t>{2, -1, 0}));
  EXPECT_EQ(index({"9", "x", "5"}, 1, 2, &numbers).indices,
            (std::vector<std::int32_t>{2, -1, 0}));  // a text among them
  EXPECT_EQ(index({"5", "6"}, 2, 2, &texts).indices, (std::vector<std::int32_t>{0, -1}));
  EXPECT_EQ(index({"b", "c", "5"}, 2, 2, &texts).indices, (std::vector<std::int32_t>{1, -1, 0}));
  EXPECT_EQ(index({"2", "3", "-1", "0"}, 2, 2, &range).indices, (std::vector<std::int32_t>{2, -1, -1, 0}));
  EXPECT_EQ(index({"6"}, 1, 1, &numbers).ids.size(), 3);  // the known names stay
}

TEST(Ids, FindAndNameAreInverse) {
  for (const Ids& ids : {Ids::range(4), Ids::numbers({-2, 0, 5, kMax}), Ids::texts({"", "1", "a, b", "\xff"})}) {
    ASSERT_EQ(ids.size(), 4);
    for (std::int64_t k = 0; k < 4; ++k) EXPECT_EQ(ids.find(std::string_view(ids.name(k))), k);
    for (const char* other : {"x", "-1", "99", "01", " 0", "4 "}) EXPECT_EQ(ids.find(std::string_view(other)), -1);
  }
  EXPECT_EQ(Ids::texts({"1", "2"}).find(std::int64_t{2}), 1);
  EXPECT_EQ(Ids::range(4).find(std::int64_t{4}), -1);
}

TEST(Ids, MustAscend) {
  EXPECT_THROW(Ids::numbers({1, 1}), std::exception);
  EXPECT_THROW(Ids::texts({"b", "a"}), std::exception);
  EXPECT_THROW(Ids::range(-1), std::exception);
}

}  // namespace
}  // namespace rankfill::data
