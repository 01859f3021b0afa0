// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "data/files.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {
namespace {

using test::complaint_of;
using test::holds;

class Delimited : public testing::Test {
 protected:
  Entries read(const std::string& text, const ReadOptions& options = {}) const {
    return read_entries(test::write_text(folder / "file", text), options);
  }
  std::string complaint(const std::string& text, const ReadOptions& options = {}) const {
    return complaint_of<InvalidData>([&] { read(text, options); });
  }
  /// "row|column|value" of each entry, by name.
  std::vector<std::string> named(const Entries& e) const {
    std::vector<std::string> all;
    for (std::size_t p = 0; p < e.values.size(); ++p) {
      std::ostringstream text;
      text << e.row_ids.name(e.rows[p]) << "|" << e.col_ids.name(e.cols[p]) << "|" << e.values[p];
      all.push_back(text.str());
    }
    return all;
  }
  using Named = std::vector<std::string>;
  test::TemporaryFolder folder;
};

TEST_F(Delimited, WhatPeopleFeed) {
  const std::pair<const char*, Named> cases[] = {
      {"userId,movieId,rating\r\n1,2,3\r\n\r\n2,3,4\r\n", {"1|2|3", "2|3|4"}},                     // Windows
      {"1\t2\t3\r\n2\t3\t4", {"1|2|3", "2|3|4"}},                                                  // no last newline
      {"\"user\",\"item\",\"rating\"\n\"1\",\"a \"\"b\"\", c\",\"4.5\"\n", {"1|a \"b\", c|4.5"}},  // quoted
      {"\xEF\xBB\xBF\"userId\",\"movieId\",\"rating\"\n1,2,3\n", {"1|2|3"}},                       // Excel's mark
      {"user,item,rating\nAnna Maria Smith, The  Film ,3\n", {"Anna Maria Smith|The  Film|3"}},
      {"Anna Maria\tThe Film, Part 2\t3\nBo\tx\t4\n", {"Anna Maria|The Film, Part 2|3", "Bo|x|4"}},
      {"user\titem\trating\n\"1\"\t\"a b\"\t\"3.5\"\n", {"1|a b|3.5"}},
      {"1 2 3\n1 3 4\n", {"1|2|3", "1|3|4"}},  // one row
      {"1 2 3\n2 2 4\n", {"1|2|3", "2|2|4"}},  // one column
      {"1 2 3\n", {"1|2|3"}},
      {"user,item,rating\n1,2,3\n", {"1|2|3"}},
      {"rating,movieId,userId\n3,2,1\n4,3,9\n", {"1|2|3", "9|3|4"}},
      {"9223372036854775807 2 3\n-5 -2 4\n", {"9223372036854775807|2|3", "-5|-2|4"}},
      {"99999999999999999999 2 3\n5 2 4\n", {"99999999999999999999|2|3", "5|2|4"}},  // too large: text
      {"007 2 3\n7 2 4\n", {"007|2|3", "7|2|4"}},                                    // two spellings, two ids
      {"1;2;3.5\n", {"1|2|3.5"}},
      {"1,2,3,\n2,3,4,\n", {"1|2|3", "2|3|4"}},    // a comma too many
      {"1 2 0\n1 3 -0.0\n", {"1|2|0", "1|3|-0"}},  // zeros are observations
      {"   1   2  3  \n\t4 5 6\n", {"1|2|3", "4|5|6"}},
      {"1 2 1e-3\n2 3 +4.5\n3 3 -.5\n4 4 5.\n", {"1|2|0.001", "2|3|4.5", "3|3|-0.5", "4|4|5"}}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(named(read(text)), expected) << text;
}

TEST_F(Delimited, WhatIsWrongIsNamedByLineAndText) {
  const std::pair<const char*, const char*> cases[] = {
      {"user;item;rating\n1;2;3,5\n",
       "file:2: the value \"3,5\" is not a finite number: write the decimals after a point"},
      {"1;2;3,5\n", "file:1: the value \"3,5\""},
      {"1,2,3\n\n1,3\n", "file:3: found 2 columns, but line 1 has 3"},
      {"user,item,rating\n1,2,3\n1,3\n", "file:3: found 2 columns, but column 3 is needed"},
      {"1,2,3\n1,3,4,5\n", "file:2: found 4 columns, but line 1 has 3"},
      {"1,2,3\n,3,4\n", "file:2: the row id is empty"},
      {"1,2,3\n1,\"\",4\n", "file:2: the column id is empty"},
      {"1,2,3\n1,3,\n", "file:2: the value is missing"},
      {"1,2,3\n1,3,four\n", "file:2: the value \"four\" is not a finite number"},
      {"1,2,3\n1,3,nan\n", "file:2: the value \"nan\""},
      {"1,2,3\n1,3,1e999\n", "file:2: the value \"1e999\""},
      {"1,2,3\n1,\"3,4\n", "file:2: a quoted field does not end on its line"},
      {"user,item,rating,timestamp\n1,2,3,4\n1,3,4,soon\n", "file:3: the time \"soon\" is neither a number nor a date"},
      {"1,2,3\n4,5,6\n\n1,2,4\n", "file:4: row 1, column 2 is given more than once, first at line 1"},
      {"1,2,3\r1,3,4\r", "carriage returns alone"},
      {"\xFF\xFEu\0s\0", "UTF-16"},
      {"\xFE\xFF", "UTF-16"}};
  for (const auto& [text, expected] : cases) EXPECT_TRUE(holds(complaint(text), expected)) << text << complaint(text);
  EXPECT_TRUE(holds(complaint(std::string("1 2 3\n\0\0\0", 9)), "binary data"));
  EXPECT_TRUE(holds(complaint("1 2 3\n4 5 6\n" + std::string(300, '\x01')), "binary data"));
}

TEST_F(Delimited, TimesAreTakenWhereTheyAre) {
  EXPECT_EQ(read("1,2,3,100\n1,3,4,90\n").times, (std::vector<double>{100, 90}));
  EXPECT_TRUE(read("1,2,3,100\n1,3,4,9.5\n").times.empty());  // a fourth column that is no time after all
  EXPECT_TRUE(read("1,2,3,100\n1,3,4,x\n").times.empty());
  EXPECT_EQ(read("user,item,rating,timestamp\n1,2,3,1970-01-02\n1,3,4,9.5\n").times, (std::vector<double>{86400, 9.5}));
  EXPECT_EQ(read("9,1,2,3\n", {.row_column = 2, .col_column = 3, .value_column = 4, .time_column = 1}).times,
            (std::vector<double>{9}));
}

/// Reading is checked against the simplest reader there can be, over files with something odd on every other line.
TEST_F(Delimited, AgreesWithASimpleReaderOnAnyMixture) {
  std::mt19937_64 random(11);
  const auto pick = [&](std::initializer_list<const char*> from) {
    return std::string(*(from.begin() + static_cast<std::ptrdiff_t>(random() % from.size())));
  };
  for (const bool text_ids : {false, true}) {
    std::string text;
    std::map<std::pair<std::string, std::string>, double> expected;
    for (int k = 0; k < 30000; ++k) {
      const std::string row = std::to_string(k % 173) + (text_ids && k % 50 == 7 ? "x" : ""),
                        col = std::to_string(k / 173);
      const std::string value = pick({"3", "4.5", "-0.25", "1e2", "+2", "0", "123456789.123456789", "5."});
      expected[{row, col}] = std::stod(value);
      const bool quoted = random() % 5 == 0;
      const std::string quote = quoted ? "\"" : "";
      text += pick({"", "", "", " "}) + quote + row + quote + pick({",", ",", " , "}) + col + "," + quote + value +
              quote + pick({"\n", "\n", "\r\n", " \n", "\n\n"});
    }
    const Entries one = read(text, {.threads = 1}), three = read(text, {.threads = 3});
    ASSERT_EQ(one.size(), static_cast<std::int64_t>(expected.size()));
    EXPECT_EQ(one.rows, three.rows);
    EXPECT_EQ(one.cols, three.cols);
    EXPECT_EQ(one.values, three.values);
    for (std::size_t p = 0; p < one.values.size(); ++p) {
      const auto found = expected.find({one.row_ids.name(one.rows[p]), one.col_ids.name(one.cols[p])});
      ASSERT_TRUE(found != expected.end());
      EXPECT_EQ(found->second, one.values[p]);
    }
  }
}

/// Plain lines, and now and then one that ends the quick path, or turns the ids of its chunk to another kind.
TEST_F(Delimited, PlainFilesWithSomethingOddInThemAreReadWhole) {
  for (const std::string odd :
       {"", "\n", " \n", "5000000000 3 1\n", "-7 3 1\n", "a 3 1\n", "1234567890123456789 3 1\n"}) {
    std::string text;
    std::vector<std::string> ids;
    std::vector<double> values;
    for (int k = 0; k < 300000; ++k) {  // several chunks
      ids.push_back(std::to_string(k % 1000));
      values.push_back((k % 9 - 4) * 0.5);
      std::ostringstream line;
      line << k % 1000 << ' ' << k / 1000 + 10 << ' ' << values.back() << '\n';
      text += line.str();
      if (k == 150000 || k == 299990) {
        const std::string once = k == 150000 ? odd : odd == "\n" || odd == " \n" ? odd : "";
        text += once;
        if (!once.empty() && once.find('3') != std::string::npos) {
          ids.push_back(once.substr(0, once.find(' ')));
          values.push_back(1);
        }
      }
    }
    const Entries one = read(text, {.threads = 1}), three = read(text, {.threads = 3});
    ASSERT_EQ(one.size(), std::ssize(values)) << odd;
    EXPECT_EQ(one.values, values) << odd;
    EXPECT_EQ(one.rows, three.rows);
    EXPECT_EQ(one.cols, three.cols);
    EXPECT_EQ(one.values, three.values);
    for (std::size_t p = 0; p < ids.size(); p += 97) ASSERT_EQ(one.row_ids.name(one.rows[p]), ids[p]) << odd;
    ASSERT_EQ(one.row_ids.name(one.rows[150001]), ids[150001]);
    EXPECT_TRUE(holds(complaint(text + "1 x\n"),
                      ":" + std::to_string(std::count(text.begin(), text.end(), '\n') + 1) + ": found 2 columns"));
    EXPECT_TRUE(holds(complaint(text + "7 11 2\n"), "is given more than once, first at line 1008")) << odd;
  }
}

TEST_F(Delimited, TellsHowFarItIs) {
  std::vector<std::uint64_t> done;
  const std::string text = "1 2 3\n4 5 6\n";
  read(text, {.progress = [&](std::uint64_t bytes, std::uint64_t total) {
         EXPECT_EQ(total, text.size());
         done.push_back(bytes);
       }});
  ASSERT_FALSE(done.empty());
  EXPECT_EQ(done.back(), text.size());
}

TEST_F(Delimited, FilesAndWhatIsNone) {
  EXPECT_TRUE(holds(complaint_of<FileError>([&] { read_entries(folder / "no"); }), "No such file"));
  EXPECT_TRUE(holds(complaint_of<FileError>([&] { read_entries(folder.path()); }), "Is a directory"));
  EXPECT_TRUE(holds(complaint(""), "the file is empty"));
  EXPECT_TRUE(holds(complaint("user,item,rating\n"), "no entries"));
}

}  // namespace
}  // namespace rankfill
