// SPDX-License-Identifier: Apache-2.0
#include "data/plain_lines.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace rankfill::data {
namespace {

struct Line {
  std::uint64_t row, col;
  double value, time;
};

/// What the quick path makes of `text`; a column for times when `times`.
template <class Cut>
std::vector<Line> read(const std::string& text, Cut cut, bool times, std::size_t& used, std::size_t most = 100000) {
  std::vector<std::int64_t> rows(most), cols(most);
  std::vector<double> values(most), stamps(most);
  const char* p = text.data();
  const std::size_t lines = read_plain_lines<std::int64_t>(
      p, p + text.size(),
      {rows.data(), cols.data(), values.data(), times ? stamps.data() : nullptr, 0, 1u << 31, std::uint64_t{1} << 63},
      most, cut);
  used = static_cast<std::size_t>(p - text.data());
  std::vector<Line> all;
  for (std::size_t k = 0; k < lines; ++k)
    all.push_back({static_cast<std::uint64_t>(rows[k]), static_cast<std::uint64_t>(cols[k]), values[k], stamps[k]});
  return all;
}

/// Enough plain lines that what stands before them is not near the end of the text.
std::string filler() {
  std::string text;
  for (int k = 0; k < 60; ++k) text += "1 2 3\n";
  return text;
}

TEST(PlainLines, AgreeWithTheStandardLibrary) {
  std::mt19937_64 random(5);
  const auto digits = [&](std::size_t most) {
    std::string text;
    const std::size_t count = 1 + random() % most;
    while (text.size() < count) text += static_cast<char>((text.empty() ? '1' : '0') + random() % 9);
    return random() % 20 == 0 ? std::string(1, '0') : text;
  };
  for (const bool times : {false, true}) {
    std::string text;
    std::vector<Line> expected;
    for (int k = 0; k < 40000; ++k) {
      const std::string row = digits(9), col = digits(15), time = digits(15);
      std::string value(random() % 3 == 0 ? 1 : 0, '-');
      value += digits(1 + random() % 15);
      switch (random() % 4) {
        case 0: value += "."; break;
        case 1: value.append(".").append(digits(6)); break;
        case 2: value.append(".00").append(digits(9)); break;
        default: break;
      }
      if (std::stoull(row) >= 1u << 31) continue;
      text += row + "\t" + col + "\t" + value + (times ? "\t" + time : "") + (random() % 7 == 0 ? "\r\n" : "\n");
      expected.push_back({std::stoull(row), std::stoull(col), std::stod(value), times ? std::stod(time) : 0});
    }
    std::size_t used = 0;
    std::size_t at = 0;
    // Numbers of more than 15 digits are not for it: the next line is begun by hand.
    for (std::string rest = text; !rest.empty();) {
      const auto lines = read(rest, plain::CharacterCut{' ', '\t'}, times, used);
      for (const Line& line : lines) {
        ASSERT_EQ(line.row, expected[at].row);
        ASSERT_EQ(line.col, expected[at].col);
        ASSERT_EQ(line.value, expected[at].value);
        ASSERT_EQ(line.time, expected[at].time);
        ++at;
      }
      ASSERT_TRUE(used == 0 || rest[used - 1] == '\n');
      rest = rest.substr(rest.find('\n', used) + 1);
      ++at;
      if (rest.size() < 400) break;
    }
    EXPECT_GT(at, expected.size() - 20);
  }
}

TEST(PlainLines, StopBeforeTheFirstLineThatIsNot) {
  const char* odd[] = {"01 2 3",
                       "-1 2 3",
                       "x 2 3",
                       "1  2 3",
                       "1 2",
                       "1 2 ",
                       "1 2 .",
                       "1 2 -",
                       "1 2 --3",
                       "1 2 3e5",
                       "1 2 3 ",
                       "1 2 3 4",
                       "1 2 nan",
                       "1 2 +3",
                       "1 2 3.4.5",
                       "1 2 3\r\r",
                       "1 2 12345678901234567890",
                       "1234567890123456 2 3",
                       "2147483648 2 3",
                       "1,2,3",
                       "",
                       "1 2 3\xc3\xa9",
                       "1 2 1\x8e"};
  for (const std::string line : odd) {
    std::size_t used = 0;
    const auto lines = read("7 8 9.5\n" + line + "\n" + filler(), plain::CharacterCut{' ', ' '}, false, used);
    EXPECT_EQ(used, 8u) << line;
    ASSERT_EQ(lines.size(), 1u) << line;
    EXPECT_EQ(lines[0].value, 9.5);
  }
}

TEST(PlainLines, TakeNoMoreThanAsked) {
  std::size_t used = 0;
  EXPECT_EQ(read(filler(), plain::CharacterCut{' ', ' '}, false, used, 3).size(), 3u);
  EXPECT_EQ(used, 18u);
}

TEST(PlainLines, TwoColonsAreOneCut) {
  std::string text;
  for (int k = 0; k < 60; ++k) text += "12::3::4.5::978300760\n";
  std::size_t used = 0;
  const auto lines = read(text, plain::DoubleColonCut{}, true, used);
  ASSERT_GT(lines.size(), 40u);
  EXPECT_EQ(lines[40].row, 12u);
  EXPECT_EQ(lines[40].col, 3u);
  EXPECT_EQ(lines[40].value, 4.5);
  EXPECT_EQ(lines[40].time, 978300760);
  EXPECT_EQ(read("12:3:4\n" + text, plain::DoubleColonCut{}, false, used).size(), 0u);
}

TEST(PlainLines, IndicesCountFromTheLowestAllowed) {
  std::string text;
  for (int k = 0; k < 60; ++k) text += "3 4 5\n";
  std::vector<std::int32_t> rows(60), cols(60);
  std::vector<double> values(60);
  const auto count = [&](std::uint64_t num_rows, std::uint64_t num_cols) {
    const char* p = text.data();
    return read_plain_lines<std::int32_t>(p, p + text.size(),
                                          {rows.data(), cols.data(), values.data(), nullptr, 1, num_rows, num_cols}, 60,
                                          plain::CharacterCut{' ', ' '});
  };
  EXPECT_GT(count(3, 4), 40u);
  EXPECT_EQ(rows[0], 2);
  EXPECT_EQ(cols[0], 3);
  EXPECT_EQ(count(2, 4), 0u);
  EXPECT_EQ(count(3, 3), 0u);
}

}  // namespace
}  // namespace rankfill::data
