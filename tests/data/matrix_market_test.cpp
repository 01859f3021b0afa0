// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "data/files.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {
namespace {

using test::complaint_of;
using test::holds;

using Cells = std::vector<std::tuple<std::int32_t, std::int32_t, double>>;

Cells cells(const Entries& entries) {
  Cells all;
  for (std::size_t p = 0; p < entries.values.size(); ++p)
    all.emplace_back(entries.rows[p], entries.cols[p], entries.values[p]);
  return all;
}

class MatrixMarket : public testing::Test {
 protected:
  Entries read(const std::string& kind, const std::string& rest, const ReadOptions& options = {}) const {
    return read_entries(test::write_text(folder / "m.mtx", "%%MatrixMarket matrix " + kind + "\n" + rest), options);
  }
  std::string complaint(const std::string& kind, const std::string& rest, const ReadOptions& options = {}) const {
    return complaint_of<InvalidData>([&] { read(kind, rest, options); });
  }
  test::TemporaryFolder folder;
};

TEST_F(MatrixMarket, Coordinate) {
  const Entries e = read("coordinate real general", "% note\n%\n\n3 4 4\n1 1 2.5\r\n 3\t4   -1e2\n\n2 1 +7\n2 2 0");

  EXPECT_EQ(e.num_rows, 3);
  EXPECT_EQ(e.num_cols, 4);
  EXPECT_EQ(cells(e), (Cells{{0, 0, 2.5}, {2, 3, -100}, {1, 0, 7}, {1, 1, 0}}));
  EXPECT_TRUE(e.row_ids.is_range());
}

TEST_F(MatrixMarket, MirrorsWhatIsSymmetric) {
  EXPECT_EQ(cells(read("coordinate real symmetric", "3 3 3\n1 1 1\n2 1 2\n3 2 3\n")),
            (Cells{{0, 0, 1}, {1, 0, 2}, {0, 1, 2}, {2, 1, 3}, {1, 2, 3}}));
  EXPECT_EQ(cells(read("coordinate real skew-symmetric", "2 2 1\n2 1 2\n")), (Cells{{1, 0, 2}, {0, 1, -2}}));
  EXPECT_EQ(cells(read("array real symmetric", "2 2\n1\n2\n3\n")), (Cells{{0, 0, 1}, {1, 0, 2}, {0, 1, 2}, {1, 1, 3}}));
  EXPECT_EQ(cells(read("array real skew-symmetric", "3 3\n1\n2\n3\n")),
            (Cells{{1, 0, 1}, {0, 1, -1}, {2, 0, 2}, {0, 2, -2}, {2, 1, 3}, {1, 2, -3}}));
}

TEST_F(MatrixMarket, ArraysGoColumnByColumn) {
  EXPECT_EQ(cells(read("array integer general", "2 3\n1\n2\n3\n4\n5\n6\n")),
            (Cells{{0, 0, 1}, {1, 0, 2}, {0, 1, 3}, {1, 1, 4}, {0, 2, 5}, {1, 2, 6}}));
  EXPECT_EQ(cells(read("array real general", "2 2\n1\n0\n0\n4\n", {.missing = 0})), (Cells{{0, 0, 1}, {1, 1, 4}}));
}

TEST_F(MatrixMarket, LargeFilesDoNotDependOnTheThreads) {
  std::string text = "2000 2000 300000\n";  // several chunks
  for (int k = 0; k < 300000; ++k)
    text += std::to_string(k % 2000 + 1) + " " + std::to_string(k / 2000 + 1) + " " + std::to_string(k % 13) + ".25\n";
  const Entries one = read("coordinate real general", text, {.threads = 1}),
                four = read("coordinate real general", text, {.threads = 4});

  ASSERT_EQ(one.size(), 300000);
  EXPECT_EQ(cells(one), cells(four));
  EXPECT_EQ(cells(one)[299999], (Cells::value_type{1999, 149, 11.25}));
  text.resize(text.rfind('\n', text.size() - 2) + 1);
  EXPECT_TRUE(holds(complaint("coordinate real general", text + "2000 x 1\n", {.threads = 4}), "m.mtx:300002: column"));
}

TEST_F(MatrixMarket, IndicesOutsideTheMatrixAreNamed) {
  for (const char* index : {"0", "-1", "4", "99999999999999999999", "1.0", "x", "01"}) {
    const std::string text(index);
    EXPECT_TRUE(holds(complaint("coordinate real general", "3 3 1\n" + text + " 1 2\n"),
                      "m.mtx:3: row \"" + text + "\": a whole number from 1 to 3 is needed"))
        << index;
    EXPECT_TRUE(holds(complaint("coordinate real general", "3 3 1\n1 " + text + " 2\n"), "m.mtx:3: column")) << index;
  }
}

TEST_F(MatrixMarket, ValuesAreFinite) {
  for (const char* value : {"nan", "inf", "1e999", "x", "1,5"})
    EXPECT_TRUE(holds(complaint("coordinate real general", std::string("3 3 1\n1 1 ") + value + "\n"),
                      "is not a finite number"))
        << value;
  EXPECT_TRUE(holds(complaint("array real general", "1 2\n1\nnan\n"), "m.mtx:4: the value"));
}

TEST_F(MatrixMarket, TheNumberOfEntriesIsAsStated) {
  EXPECT_TRUE(holds(complaint("coordinate real general", "3 3 2\n1 1 1\n"), "ends after 1 of 2 entries"));
  EXPECT_TRUE(
      holds(complaint("coordinate real general", "3 3 1\n1 1 1\n\n2 2 2\n"), "m.mtx:5: more than the 1 entries"));
  EXPECT_TRUE(holds(complaint("array real general", "2 2\n1\n2\n3\n"), "ends after 3 of 4 entries"));
  EXPECT_TRUE(holds(complaint("array real general", "1 2\n1\n2\n3\n"), "m.mtx:5: more than the 2 entries"));
  EXPECT_TRUE(holds(complaint("coordinate real general", "3 3 0\n"), "no entries"));
  EXPECT_TRUE(holds(complaint("coordinate real general", ""), "ends before the line of sizes"));
}

TEST_F(MatrixMarket, HostileSizesAskForNoMemory) {
  EXPECT_TRUE(
      holds(complaint("array real general", "2147483647 2147483647\n1\n"), "ends after 1 of 4611686014132420609"));
  EXPECT_TRUE(holds(complaint("coordinate real general", "3 3 9223372036854775807\n1 1 1\n"), "ends after 1 of"));
  EXPECT_TRUE(holds(complaint("coordinate real general", "2147483648 3 1\n1 1 1\n"), "number of rows \"2147483648\""));
  EXPECT_TRUE(holds(complaint("coordinate real general", "-1 3 1\n1 1 1\n"), "number of rows \"-1\""));
}

TEST_F(MatrixMarket, RepeatedPairsAreNamedByLine) {
  EXPECT_TRUE(holds(complaint("coordinate real general", "3 3 3\n1 2 1\n\n2 2 1\n1 2 5\n"),
                    "m.mtx:6: row 0, column 1 is given more than once, first at line 3"));
  // 2 1 stands for 1 2 as well.
  EXPECT_TRUE(holds(complaint("coordinate real symmetric", "3 3 3\n1 1 1\n2 1 1\n1 2 5\n"),
                    "m.mtx:5: row 0, column 1 is given more than once, first at line 4"));
  EXPECT_EQ(cells(read("coordinate real general", "3 3 2\n1 2 1\n1 2 5\n", {.duplicates = Duplicates::mean})),
            (Cells{{0, 1, 3}}));
}

TEST_F(MatrixMarket, RefusesWhatHasNoValues) {
  EXPECT_TRUE(holds(complaint("coordinate pattern general", "1 1 1\n1 1\n"), "a value per entry is needed"));
  EXPECT_TRUE(holds(complaint("coordinate complex general", "1 1 1\n1 1 1 1\n"), "a value per entry is needed"));
  EXPECT_TRUE(holds(complaint("coordinate real hermitian", "1 1 1\n1 1 1\n"), "symmetry"));
  EXPECT_TRUE(holds(complaint("list real general", "1 1 1\n1 1 1\n"), "coordinate or array"));
  EXPECT_TRUE(holds(complaint("coordinate real", "1 1 1\n1 1 1\n"), "not a MatrixMarket banner"));
  EXPECT_TRUE(holds(complaint("coordinate real symmetric", "1 2 1\n1 1 1\n"), "must be square"));
  EXPECT_TRUE(holds(complaint("coordinate real general", "1 1\n1 1 1\n"), "the line of sizes has 2 numbers"));
  EXPECT_TRUE(holds(complaint("coordinate real general", "1 1 1\n1 1\n"), "has 2 columns"));
}

TEST_F(MatrixMarket, TestDataTakesTheIndicesOfTraining) {
  const Ids rows = Ids::numbers({0, 2}), cols = Ids::range(1);
  const Entries e =
      read("coordinate real general", "3 2 3\n1 1 1\n2 1 2\n3 2 3\n", {.row_ids = &rows, .col_ids = &cols});

  EXPECT_EQ(cells(e), (Cells{{0, 0, 1}, {-1, 0, 2}, {1, -1, 3}}));
  EXPECT_EQ(e.num_rows, 2);
}

}  // namespace
}  // namespace rankfill
