// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "data/files.hpp"
#include "data/npy.hpp"
#include "data/npz.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {
namespace {

using test::complaint_of;
using test::holds;

class Read : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    return test::write_text(folder / name, text);
  }
  test::TemporaryFolder folder;
};

TEST_F(Read, RecognisesTheCommonLayouts) {
  for (const std::string text :
       {"userId,movieId,rating,timestamp\n1,10,4.5,100\n2,20,3,101\n", "1::10::4.5::100\n2::20::3::101\n",
        "1\t10\t4.5\t100\r\n2\t20\t3\t101\r\n", "1 10 4.5\n2 20 3\n", "1;10;4.5\n2;20;3"}) {
    const Entries e = read_entries(write("data", text));
    EXPECT_EQ(e.size(), 2) << text;
    EXPECT_EQ(e.values, (std::vector<double>{4.5, 3})) << text;
    EXPECT_EQ(e.row_ids.name(1), "2") << text;
    EXPECT_EQ(e.col_ids.find("20"), 1) << text;
  }
}

TEST_F(Read, TheFirstBytesDecideNotTheName) {
  EXPECT_EQ(read_entries(write("data.npz", "1 2 3\n")).size(), 1);
  EXPECT_EQ(read_entries(write("data.csv", "%%MatrixMarket matrix array real general\n1 1\n7\n")).values,
            (std::vector<double>{7}));
  const std::vector<double> dense{1, 2};
  const data::Array array = data::Array::of(std::span<const double>(dense), {1, 2});
  std::string npy = data::npy_header(array);
  npy.append(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size());
  EXPECT_EQ(read_entries(write("data.txt", npy)).values, dense);
}

TEST_F(Read, TheFormatCanBeGiven) {
  EXPECT_TRUE(holds(complaint_of<InvalidData>([&] { read_entries(write("m", "1 2 3\n"), {.format = Format::npy}); }),
                    "not a .npy array"));
  EXPECT_TRUE(holds(complaint_of<InvalidData>([&] { read_entries(write("m", "1 2 3\n"), {.format = Format::npz}); }),
                    "no zip file"));
  EXPECT_TRUE(
      holds(complaint_of<InvalidData>([&] { read_entries(write("m", "1 2 3\n"), {.format = Format::matrix_market}); }),
            "not a MatrixMarket banner"));
}

/// Cut short or changed here and there: an error of ours, or still a matrix; never worse.
TEST_F(Read, DamagedArchivesAreErrorsOfOurs) {
  const std::vector<std::int64_t> shape{2, 3}, indptr{0, 1, 2}, indices{2, 0};
  const std::vector<double> values{1.5, 0};
  const std::vector<data::NamedArray> arrays{{"format", data::Array::scalar("csr")},
                                             {"shape", data::Array::of(std::span<const std::int64_t>(shape))},
                                             {"indptr", data::Array::of(std::span<const std::int64_t>(indptr))},
                                             {"indices", data::Array::of(std::span<const std::int64_t>(indices))},
                                             {"data", data::Array::of(std::span<const double>(values))}};
  data::write_npz(folder / "s.npz", arrays, {.deflate = true});
  const std::string whole = test::contents(folder / "s.npz");
  for (std::size_t at = 0; at < whole.size(); at += 5) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x41);
    EXPECT_THROW(read_entries(write("x.npz", whole.substr(0, at))), Error) << at;
    try {
      EXPECT_EQ(read_entries(write("x.npz", flipped)).size(), 2) << at;
    } catch (const Error&) {
    }
  }
}

TEST_F(Read, ReadsGzipAndDoesNotDependOnThreads) {
  std::string text;
  for (int i = 0; i < 200000; ++i)
    text += std::to_string(i % 977) + " " + std::to_string(i / 977) + " " + std::to_string(i % 11) + ".5\n";
  const auto plain = write("data.txt", text);
  const auto packed = (folder / "data.txt.gz").string();
  gzFile out = gzopen(packed.c_str(), "wb");
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  ReadOptions one, four;
  one.threads = 1, four.threads = 4;
  const Entries a = read_entries(plain, one), b = read_entries(plain, four), c = read_entries(packed);
  EXPECT_EQ(a.size(), 200000);
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.cols, b.cols);
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.rows, c.rows);
  EXPECT_EQ(a.values, c.values);
}

TEST_F(Read, GivesUnknownIdsOfTestDataIndexMinusOne) {
  const Entries train = read_entries(write("train", "1 2 3\n4 5 6\n"));
  ReadOptions options;
  options.row_ids = &train.row_ids;
  options.col_ids = &train.col_ids;
  const Entries test = read_entries(write("test", "4 2 1\n9 5 2\n"), options);
  EXPECT_EQ(test.rows, (std::vector<std::int32_t>{1, -1}));
  EXPECT_EQ(test.num_rows, 2);
}

}  // namespace
}  // namespace rankfill
