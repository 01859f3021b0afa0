// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "data/files.hpp"
#include "data/npz.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {
namespace {

using test::contents;

class NpzWrite : public testing::Test {
 protected:
  NpzWrite() {
    std::vector<double> numbers(200);
    for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = static_cast<double>(k % 7);
    const std::vector<std::string> texts{"a", "\xc3\xa9t\xc3\xa9", ""};
    const std::vector<float> none;
    arrays.emplace_back("numbers", Array::of(std::span<const double>(numbers), {10, 20}));
    arrays.emplace_back("texts", Array::of(std::span<const std::string>(texts)));
    arrays.emplace_back("empty", Array::of(std::span<const float>(none)));
    arrays.emplace_back("one", Array::scalar(std::int64_t{-3}));
  }
  test::TemporaryFolder folder;
  std::vector<NamedArray> arrays;
};

TEST_F(NpzWrite, ReadsBackStoredDeflatedAndZip64) {
  for (const bool deflate : {false, true}) {
    for (const bool zip64 : {false, true}) {
      write_npz(folder / "file.npz", arrays, {.deflate = deflate, .force_zip64 = zip64});
      const auto read = read_npz(folder / "file.npz");
      ASSERT_EQ(read.size(), arrays.size());
      for (std::size_t k = 0; k < arrays.size(); ++k) {
        EXPECT_EQ(read[k].first, arrays[k].first);
        EXPECT_EQ(read[k].second.dtype, arrays[k].second.dtype);
        EXPECT_EQ(read[k].second.shape, arrays[k].second.shape);
        EXPECT_EQ(read[k].second.bytes, arrays[k].second.bytes);
      }
    }
  }
}

TEST_F(NpzWrite, DeflatingMakesItSmaller) {
  write_npz(folder / "stored", arrays);
  write_npz(folder / "deflated", arrays, {.deflate = true});

  EXPECT_LT(contents(folder / "deflated").size(), contents(folder / "stored").size() / 2);
}

TEST_F(NpzWrite, TheSameArraysGiveTheSameBytes) {
  write_npz(folder / "a", arrays, {.deflate = true});
  write_npz(folder / "b", arrays, {.deflate = true});

  EXPECT_EQ(contents(folder / "a"), contents(folder / "b"));
}

TEST_F(NpzWrite, AnOldFileSurvivesAFailure) {
  test::write_text(folder / "file", "old");
  std::filesystem::create_directory(folder / "taken");

  EXPECT_THROW(write_npz(folder / "taken", arrays), FileError);
  EXPECT_THROW(write_npz(folder / "file/below", arrays), FileError);
  EXPECT_EQ(contents(folder / "file"), "old");
}

}  // namespace
}  // namespace rankfill::data
