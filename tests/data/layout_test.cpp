// SPDX-License-Identifier: Apache-2.0
#include "data/layout.hpp"

#include <gtest/gtest.h>

#include "data/files.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {
namespace {

using test::complaint_of;
using test::holds;
using Fields = std::vector<std::string>;

Fields cut(std::string_view line, std::string_view delimiter) {
  return fields_of(line, layout_of_delimiter(delimiter)).value_or(Fields{"a quote does not end"});
}

TEST(Layout, CutsAtEveryDelimiter) {
  EXPECT_EQ(cut("1,2,,3.5,", ","), (Fields{"1", "2", "", "3.5", ""}));
  EXPECT_EQ(cut(" 1 ;\t2; 3 ", ";"), (Fields{"1", "2", "3"}));
  EXPECT_EQ(cut("1\t\"2\t3", "\t"), (Fields{"1", "\"2", "3"}));              // a quote does not span tabs,
  EXPECT_EQ(cut("\"1\"\t2 \"x\"\t3", "\t"), (Fields{"1", "2 \"x\"", "3"}));  // but is taken off
  EXPECT_EQ(cut("\"1\" 2 3", " "), (Fields{"\"1\"", "2", "3"}));
  EXPECT_EQ(cut("1::a:b::3", "::"), (Fields{"1", "a:b", "3"}));
  EXPECT_EQ(cut("  1 \t 2   3\r", " "), (Fields{"1", "2", "3"}));
  EXPECT_EQ(cut("", ","), (Fields{""}));
  EXPECT_EQ(cut("", " "), Fields{});
}

TEST(Layout, QuotesNest) {
  EXPECT_EQ(cut(R"("a, b","c ""d"" e",3)", ","), (Fields{"a, b", R"(c "d" e)", "3"}));
  EXPECT_EQ(cut(R"("""",""", ","",3)", ","), (Fields{"\"", "\", ", "", "3"}));  // doubled quotes at either end
  EXPECT_EQ(cut(R"("",x,3)", ","), (Fields{"", "x", "3"}));
  EXPECT_EQ(cut(R"( "a" , b ,3)", ","), (Fields{"a", "b", "3"}));
  EXPECT_EQ(cut(R"(5" pipe,x,3)", ","), (Fields{"5\" pipe", "x", "3"}));  // a quote within is a character
  EXPECT_EQ(cut(R"("a;b";c;3)", ";"), (Fields{"a;b", "c", "3"}));
  for (const char* line : {R"("a,b,3)", R"("a"b,c,3)", R"("a"",b,3)", R"(1,2,")"})
    EXPECT_FALSE(fields_of(line, layout_of_delimiter(","))) << line;
}

TEST(Layout, DetectsTheDelimiter) {
  const auto character = [](std::string_view line, std::size_t fields = 3) -> std::string {
    const auto layout = detect_delimiter(line, fields);
    if (!layout) return "none";
    return layout->separator == Separator::double_colon ? "::"
           : layout->separator == Separator::blanks     ? " "
                                                        : std::string(1, layout->character);
  };
  EXPECT_EQ(character("1,2,3"), ",");
  EXPECT_EQ(character("1;2;3,5"), ";");
  EXPECT_EQ(character("a b\tc, d\t3"), "\t");
  EXPECT_EQ(character("1::2::3"), "::");
  EXPECT_EQ(character("1  2 3"), " ");
  EXPECT_EQ(character("Anna Smith,The Film,3"), ",");
  EXPECT_EQ(character("1,2"), "none");
  EXPECT_EQ(character("1,2", 2), ",");
  EXPECT_TRUE(holds(complaint_of<InvalidOption>([] { layout_of_delimiter("|"); }), "delimiter"));
}

TEST(Layout, NamesColumnsHoweverTheyAreSpelled) {
  const NamedColumns names = name_columns({"Timestamp", "Rating", "movie_id", "User-ID"});
  EXPECT_EQ(names.time, 0);
  EXPECT_EQ(names.value, 1);
  EXPECT_EQ(names.col, 2);
  EXPECT_EQ(names.row, 3);
  EXPECT_EQ(name_columns({"anna", "film"}).row, -1);
}

class Detect : public testing::Test {
 protected:
  struct Found {
    Layout layout;
    std::int64_t line = 0;
    std::string rest;
  };
  Found detect(const std::string& text, const ReadOptions& options = {}) const {
    const FileBytes bytes(test::write_text(folder / "file", text));
    LineReader reader(bytes);
    const Layout layout = detect_layout(reader, options);
    return {layout, reader.line(), std::string(reader.batch())};
  }
  /// "row,col,value,time" as they were found, and the first line of data.
  std::string places(const std::string& text, const ReadOptions& options = {}) const {
    const Found found = detect(text, options);
    const Layout& at = found.layout;
    return std::to_string(at.row) + "," + std::to_string(at.col) + "," + std::to_string(at.value) + "," +
           std::to_string(at.time) + " from line " + std::to_string(found.line);
  }
  std::string complaint(const std::string& text, const ReadOptions& options = {}) const {
    return complaint_of<Error>([&] { detect(text, options); });
  }
  test::TemporaryFolder folder;
};

TEST_F(Detect, TheKnownLayouts) {
  EXPECT_EQ(places("userId,movieId,rating,timestamp\n1,2,3,4\n"), "0,1,2,3 from line 2");      // MovieLens, new
  EXPECT_EQ(places("1::2::3::4\n"), "0,1,2,3 from line 1");                                    // and older
  EXPECT_EQ(places("196\t242\t3\t881250949\n"), "0,1,2,3 from line 1");                        // 100K
  EXPECT_EQ(places("0 1 3.5\n"), "0,1,2,-1 from line 1");                                      // LIBMF
  EXPECT_EQ(places("user item rating timestamp\n1 2 3 4\n"), "0,1,2,3 from line 2");           // Surprise
  EXPECT_EQ(places("\"User-ID\";\"ISBN\";\"Book-Rating\"\n1;x;3\n"), "0,1,2,-1 from line 2");  // Book-Crossing
}

TEST_F(Detect, ColumnsInAnyOrder) {
  EXPECT_EQ(places("rating,movieId,userId\n3,2,1\n"), "2,1,0,-1 from line 2");
  EXPECT_EQ(places("timestamp,rating,title,item,user\n9,3,x,2,1\n"), "4,3,1,0 from line 2");
  EXPECT_EQ(places(",user,track,plays\n0,1,2,3\n"), "1,2,3,-1 from line 2");  // a data frame's row numbers
  EXPECT_EQ(places(",who,what,much\n0,1,2,3\n"), "1,2,3,-1 from line 2");
  EXPECT_EQ(places("much,user\tx,what\n3,1,2\n", {.delimiter = ",", .value_column = 1}), "1,2,0,-1 from line 2");
  EXPECT_EQ(places("1,2,3,4\n", {.row_column = 4, .col_column = 3, .value_column = 1, .time_column = 2}),
            "3,2,0,1 from line 1");
}

TEST_F(Detect, HeadersHaveNoNumbers) {
  EXPECT_EQ(places("who,what,stars\nanna,film,3\n"), "0,1,2,-1 from line 2");
  EXPECT_EQ(places("anna,film,3\n"), "0,1,2,-1 from line 1");
  EXPECT_EQ(places("anna,film,nan\n"), "0,1,2,-1 from line 1");  // a bad value, not a name
  EXPECT_EQ(places("anna,film,-inf\n"), "0,1,2,-1 from line 1");
  EXPECT_EQ(places("1,2,3\n4,5,6\n", {.header = true}), "0,1,2,-1 from line 2");
  EXPECT_EQ(places("a,b,c\n4,5,6\n", {.header = false}), "0,1,2,-1 from line 1");
}

TEST_F(Detect, CommentsAndBlankLinesComeBefore) {
  EXPECT_EQ(places("# by hand\n\n% on Monday\nuser,item,rating\n\n1,2,3\n"), "0,1,2,-1 from line 6");
  EXPECT_EQ(detect("a,b,c\n\n\n1,2,3\n").rest, "1,2,3\n");
}

TEST_F(Detect, AFourthColumnMayBeATime) {
  EXPECT_TRUE(detect("1,2,3,4\n").layout.guess_time);
  EXPECT_FALSE(detect("user,item,rating,timestamp\n1,2,3,4\n").layout.guess_time);
  EXPECT_EQ(detect("1,2,3,4,5\n").layout.time, -1);
  EXPECT_EQ(detect("1,2,3,4\n").layout.columns, 4);
  EXPECT_EQ(detect("user,item,rating,more\n1,2,3,4\n").layout.columns, 0);  // named: the others may vary
}

TEST_F(Detect, SaysWhatIsWrong) {
  EXPECT_TRUE(holds(complaint(""), "no entries"));
  EXPECT_TRUE(holds(complaint("# only\n% comments\n\n"), "no entries"));
  EXPECT_TRUE(holds(complaint("user,item,rating\n"), "no entries"));
  EXPECT_TRUE(holds(complaint("\n1,2\n"), "file:2: no delimiter cuts this line"));
  EXPECT_TRUE(holds(complaint("user,item,rating\n1,2\n"), "file:2: column 3 is needed, but there are only 2"));
  EXPECT_TRUE(holds(complaint("1,2,3\n", {.time_column = 9}), "column 9 is needed"));
  EXPECT_TRUE(holds(complaint("1,2,3\n", {.delimiter = "|"}), "delimiter"));
  EXPECT_TRUE(holds(complaint("1,2,3\n", {.row_column = -1}), "row_column = -1"));
  EXPECT_TRUE(holds(complaint("1,2,3\n", {.row_column = 2, .value_column = 2}), "already the row_column"));
  EXPECT_TRUE(holds(complaint("1,\"2,3\n", {.delimiter = ","}), "file:1: a quoted field does not end"));
}

}  // namespace
}  // namespace rankfill::data
