// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <tuple>

#include "data/files.hpp"
#include "data/npz.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {
namespace {

using data::Array;
using data::NamedArray;
using test::complaint_of;
using test::holds;

using Cells = std::vector<std::tuple<std::int32_t, std::int32_t, double>>;
using Indices = std::vector<std::int64_t>;

/// What scipy.sparse.save_npz writes for a 3 x 4 matrix, to be spoiled.
struct Saved {
  std::string format = "csr";
  Indices shape{3, 4}, indptr{0, 2, 2, 3}, indices{1, 3, 0}, row{0, 0, 2}, col{1, 3, 0};
  std::vector<double> values{1.5, 0, -2};
  bool narrow = false;  // 32-bit indices
};

class ScipyNpz : public testing::Test {
 protected:
  Entries read(const Saved& saved) const {
    std::vector<NamedArray> arrays;
    const auto add = [&](const char* name, const Indices& indices) {
      const std::vector<std::int32_t> narrow(indices.begin(), indices.end());
      arrays.emplace_back(name, saved.narrow ? Array::of(std::span<const std::int32_t>(narrow))
                                             : Array::of(std::span<const std::int64_t>(indices)));
    };
    arrays.emplace_back("format", Array::scalar(saved.format));
    add("shape", saved.shape);
    if (saved.format == "coo") {
      add("row", saved.row);
      add("col", saved.col);
    } else {
      add("indptr", saved.indptr);
      add("indices", saved.indices);
    }
    arrays.emplace_back("data", Array::of(std::span<const double>(saved.values)));
    data::write_npz(folder / "m.npz", arrays, {.deflate = true});
    return read_entries(folder / "m.npz");
  }
  std::string complaint(const Saved& saved) const {
    return complaint_of<InvalidData>([&] { read(saved); });
  }
  Cells cells(const Saved& saved) const {
    const Entries e = read(saved);
    Cells all;
    for (std::size_t p = 0; p < e.values.size(); ++p) all.emplace_back(e.rows[p], e.cols[p], e.values[p]);
    return all;
  }
  test::TemporaryFolder folder;
};

TEST_F(ScipyNpz, ReadsCsrCscAndCooWithEitherIndex) {
  for (const bool narrow : {false, true}) {
    const Cells expected{{0, 1, 1.5}, {0, 3, 0}, {2, 0, -2}};
    EXPECT_EQ(cells({.narrow = narrow}), expected);
    EXPECT_EQ(cells({.format = "coo", .narrow = narrow}), expected);
    EXPECT_EQ(cells({.format = "csc",
                     .indptr = {0, 1, 2, 2, 3},
                     .indices = {2, 0, 0},
                     .values = {-2, 1.5, 0},
                     .narrow = narrow}),
              (Cells{{2, 0, -2}, {0, 1, 1.5}, {0, 3, 0}}));
  }
  EXPECT_EQ(read({}).num_rows, 3);
  EXPECT_EQ(read({}).num_cols, 4);
}

TEST_F(ScipyNpz, EveryIndexIsChecked) {
  EXPECT_TRUE(holds(complaint({.indices = {1, 4, 0}}), "index 4, outside 0..3"));
  EXPECT_TRUE(holds(complaint({.indices = {1, -1, 0}}), "index -1"));
  EXPECT_TRUE(holds(complaint({.indices = {1, 4294967297, 0}}), "index 4294967297"));  // 1 when cut to 32 bits
  EXPECT_TRUE(holds(complaint({.indptr = {0, 2, 1, 3}}), "decreases"));
  EXPECT_TRUE(holds(complaint({.indptr = {0, 2, 3}}), "does not fit"));
  EXPECT_TRUE(holds(complaint({.indptr = {1, 2, 2, 3}}), "does not fit"));
  EXPECT_TRUE(holds(complaint({.indptr = {0, 2, 2, 4}}), "does not fit"));
  EXPECT_TRUE(holds(complaint({.indptr = {}}), "does not fit"));
  EXPECT_TRUE(holds(complaint({.indptr = {0, std::numeric_limits<std::int64_t>::max(), 2, 3}}), "decreases"));
  EXPECT_TRUE(holds(complaint({.format = "coo", .row = {0, 3, 2}}), "index 3"));
  EXPECT_TRUE(holds(complaint({.format = "coo", .row = {0, 2}}), "different lengths"));
  EXPECT_TRUE(holds(complaint({.indices = {1, 3}}), "different lengths"));
}

TEST_F(ScipyNpz, ShapesFormatsAndValuesToo) {
  EXPECT_TRUE(holds(complaint({.shape = {3}}), "two sizes"));
  EXPECT_TRUE(holds(complaint({.shape = {-3, 4}}), "each side"));
  EXPECT_TRUE(holds(complaint({.shape = {3, 2147483648}}), "each side"));
  EXPECT_TRUE(holds(complaint({.format = "bsr"}), "csr, csc and coo can be read"));
  EXPECT_TRUE(holds(complaint({.values = {1, std::numeric_limits<double>::quiet_NaN(), 2}}), "(0, 3) is not finite"));
  EXPECT_TRUE(holds(complaint({.indptr = {0, 0, 0, 0}, .indices = {}, .values = {}}), "no entries"));
  EXPECT_TRUE(holds(complaint({.indices = {1, 1, 0}}), "row 0, column 1 is given more than once"));
}

TEST_F(ScipyNpz, OtherZipFilesAreNamed) {
  data::write_npz(folder / "m.npz", std::vector<NamedArray>{{"x", Array::scalar(1.0)}});
  EXPECT_TRUE(holds(complaint_of<InvalidData>([&] { read_entries(folder / "m.npz"); }), "scipy.sparse.save_npz"));
}

}  // namespace
}  // namespace rankfill
