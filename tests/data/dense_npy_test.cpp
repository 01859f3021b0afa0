// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "data/files.hpp"
#include "data/npy.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {
namespace {

using test::complaint_of;
using test::holds;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();

class DenseNpy : public testing::Test {
 protected:
  Entries read(const std::vector<double>& values, std::vector<std::int64_t> shape, const ReadOptions& options = {},
               bool fortran = false) const {
    data::Array array = data::Array::of(std::span<const double>(values), std::move(shape));
    array.fortran = fortran;
    return read_entries(
        test::write_text(folder / "m.npy",
                         data::npy_header(array) +
                             std::string(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size())),
        options);
  }
  std::string complaint(const std::vector<double>& values, std::vector<std::int64_t> shape) const {
    return complaint_of<InvalidData>([&] { read(values, std::move(shape)); });
  }
  test::TemporaryFolder folder;
};

TEST_F(DenseNpy, NanIsNotObservedAndZeroIs) {
  const Entries e = read({1, kNan, 0, 4, kNan, kNan}, {3, 2});

  EXPECT_EQ(e.num_rows, 3);  // the last has no entries
  EXPECT_EQ(e.num_cols, 2);
  EXPECT_EQ(e.rows, (std::vector<std::int32_t>{0, 1, 1}));
  EXPECT_EQ(e.cols, (std::vector<std::int32_t>{0, 0, 1}));
  EXPECT_EQ(e.values, (std::vector<double>{1, 0, 4}));
}

TEST_F(DenseNpy, AValueMayMeanMissing) {
  EXPECT_EQ(read({1, -99, kNan, 4}, {2, 2}, {.missing = -99}).values, (std::vector<double>{1, 4}));
}

TEST_F(DenseNpy, ReadsFortranOrder) {
  EXPECT_EQ(read({1, 2, 3, 4, 5, 6}, {2, 3}, {}, true).values, (std::vector<double>{1, 3, 5, 2, 4, 6}));
}

TEST_F(DenseNpy, RefusesWhatIsNoMatrix) {
  EXPECT_TRUE(holds(complaint({1, 2}, {2}), "1 dimensions"));
  EXPECT_TRUE(holds(complaint({1, 2}, {1, 1, 2}), "3 dimensions"));
  EXPECT_TRUE(holds(complaint({1, kInfinity}, {1, 2}), "[0, 1] is infinite"));
  EXPECT_TRUE(holds(complaint({kNan, kNan}, {2, 1}), "no entries"));
  EXPECT_TRUE(holds(complaint({}, {0, 5}), "no entries"));
  EXPECT_TRUE(holds(complaint({}, {0, 3000000000}), "at most 2147483647"));
}

TEST_F(DenseNpy, TestDataTakesTheIndicesOfTraining) {
  const Ids rows = Ids::range(1), cols = Ids::range(2);
  const Entries e = read({1, 2, 3, 4}, {2, 2}, {.row_ids = &rows, .col_ids = &cols});

  EXPECT_EQ(e.rows, (std::vector<std::int32_t>{0, 0, -1, -1}));
  EXPECT_EQ(e.num_rows, 1);
}

}  // namespace
}  // namespace rankfill
