// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "data/npy.hpp"
#include "data/npz.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {
namespace {

class Read : public ::testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("rankfill-read-" + std::to_string(::getpid()) + "-" +
                                                       ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
    return folder / name;
  }
  /// The message of the InvalidData that reading `text` throws.
  std::string complaint(const std::string& text) const {
    try {
      read_entries(write("bad", text));
    } catch (const InvalidData& error) {
      return error.what();
    }
    return "nothing was thrown";
  }
  std::filesystem::path folder;
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

TEST_F(Read, TakesIdsOfAnyText) {
  const Entries e = read_entries(write("data", "user,item,rating\nanna,\"a, b\",1\nbo,c,2\n"));
  EXPECT_EQ(e.row_ids.name(0), "anna");
  EXPECT_EQ(e.col_ids.name(0), "a, b");
}

TEST_F(Read, NamesFileLineAndToken) {
  EXPECT_NE(complaint("1 2 3\n1 3 x\n").find("bad:2: "), std::string::npos);
  EXPECT_NE(complaint("1 2 3\n1 3 nan\n").find("bad:2: "), std::string::npos);
  EXPECT_NE(complaint("1 2 3\n1 3\n").find("bad:2: "), std::string::npos);
  EXPECT_NE(complaint("1 2 3\n4 5 6\n1 2 4\n").find("more than once"), std::string::npos);
  EXPECT_NE(complaint(std::string("\0\1\2\3", 4)).find("binary"), std::string::npos);
  EXPECT_NE(complaint("").find("empty"), std::string::npos);
  EXPECT_THROW(read_entries(folder / "missing"), FileError);
  EXPECT_THROW(read_entries(folder), FileError);
}

TEST_F(Read, ReadsMatrixMarketAndRefusesBadIndices) {
  const Entries e =
      read_entries(write("m.mtx", "%%MatrixMarket matrix coordinate real general\n% c\n3 4 2\n1 1 2.5\n3 4 0\n"));
  EXPECT_EQ(e.num_cols, 4);
  EXPECT_EQ(e.values, (std::vector<double>{2.5, 0}));  // an explicit zero is an observation
  const std::string head = "%%MatrixMarket matrix coordinate real general\n2 2 1\n";
  EXPECT_NE(complaint(head + "-1 1 2\n").find("bad:3: "), std::string::npos);
  EXPECT_NE(complaint(head + "99999999999999999999 1 2\n").find("bad:3: "), std::string::npos);
  EXPECT_NE(complaint(head).find("0 of 1"), std::string::npos);
  const Entries s =
      read_entries(write("s.mtx", "%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n1 1 1\n2 1 3\n"));
  EXPECT_EQ(s.size(), 3);
  const Entries a = read_entries(write("a.mtx", "%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n"));
  EXPECT_EQ(a.values, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(a.rows, (std::vector<std::int32_t>{0, 1, 0, 1}));
}

TEST_F(Read, ReadsDenseAndScipyArrays) {
  const std::vector<double> dense{1, NAN, 0, 4};
  const data::Array array = data::Array::of(std::span<const double>(dense), {2, 2});
  std::string npy = data::npy_header(array);
  npy.append(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size());
  const Entries e = read_entries(write("d.npy", npy));
  EXPECT_EQ(e.values, (std::vector<double>{1, 0, 4}));

  const std::vector<std::int64_t> shape{2, 3}, indptr{0, 1, 2}, indices{2, 0};
  const std::vector<double> values{1.5, 0};
  std::vector<data::NamedArray> arrays;
  arrays.emplace_back("format", data::Array::scalar("csr"));
  arrays.emplace_back("shape", data::Array::of(std::span<const std::int64_t>(shape)));
  arrays.emplace_back("indptr", data::Array::of(std::span<const std::int64_t>(indptr)));
  arrays.emplace_back("indices", data::Array::of(std::span<const std::int64_t>(indices)));
  arrays.emplace_back("data", data::Array::of(std::span<const double>(values)));
  data::write_npz(folder / "s.npz", arrays, {.deflate = true});
  const Entries s = read_entries(folder / "s.npz");
  EXPECT_EQ(s.cols, (std::vector<std::int32_t>{2, 0}));
  EXPECT_EQ(s.values, values);

  // Cut short or changed at any byte: an error of ours, or still a matrix; never worse.
  std::ifstream in(folder / "s.npz", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x41);
    for (const std::string& bytes : {whole.substr(0, at), flipped}) try {
        read_entries(write("x.npz", bytes));
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

TEST_F(Read, KeepsTheLastOrTheMeanOfDuplicates) {
  const auto file = write("data", "1 2 3\n4 5 6\n1 2 5\n");
  ReadOptions options;
  options.duplicates = Duplicates::last;
  EXPECT_EQ(read_entries(file, options).values, (std::vector<double>{5, 6}));
  options.duplicates = Duplicates::mean;
  EXPECT_EQ(read_entries(file, options).values, (std::vector<double>{4, 6}));
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

TEST_F(Read, SplitsBySeededHashAndByTime) {
  const Entries e = read_entries(write("data", "1::1::1::30\n1::2::2::10\n2::1::3::20\n2::2::4::40\n"));
  const Split late = split_by_time(e, 0.25);
  EXPECT_EQ(late.holdout.values, (std::vector<double>{4}));
  EXPECT_EQ(split_by_fraction(e, 0.5, 3).train.values, split_by_fraction(e, 0.5, 3).train.values);
  EXPECT_THROW(split_by_fraction(e, 1.0, 0), InvalidOption);
  EXPECT_THROW(split_by_fraction(e, 1e-12, 0), InvalidData);
}

}  // namespace
}  // namespace rankfill
