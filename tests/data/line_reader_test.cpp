// SPDX-License-Identifier: Apache-2.0
#include "data/line_reader.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include "data/files.hpp"

namespace rankfill::data {
namespace {

using test::complaint_of;
using test::holds;

class Lines : public testing::Test {
 protected:
  /// Calls take(reader) for the text as it is and gzipped, cut as small as can be.
  template <class Take>
  void with_readers(const std::string& text, CutSizes sizes, const Take& take) const {
    const auto plain = test::write_text(folder / "plain", text);
    const std::string packed = (folder / "packed").string();
    gzFile out = gzopen(packed.c_str(), "wb");
    if (!text.empty()) gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    gzclose(out);
    for (const auto& file : {plain, std::filesystem::path(packed)}) {
      const FileBytes bytes(file);
      LineReader reader(bytes, sizes);
      take(reader);
    }
  }
  test::TemporaryFolder folder;
};

constexpr CutSizes kTiny{8, 8, 3};

TEST_F(Lines, BatchesAreWholeLinesOfTheWholeText) {
  const std::string text = "first line\n\nthird\r\na much longer line than a batch\nlast, without a newline";
  with_readers(text, kTiny, [&](LineReader& reader) {
    std::string all;
    std::int64_t line = 1;
    while (!reader.batch().empty()) {
      EXPECT_EQ(reader.line(), line);
      all += reader.batch();
      EXPECT_TRUE(reader.batch().back() == '\n' || all.size() == text.size());
      const auto newlines = std::count(reader.batch().begin(), reader.batch().end(), '\n');
      line += newlines;
      reader.advance(newlines);
    }
    EXPECT_EQ(all, text);
    EXPECT_EQ(line, 5);
    EXPECT_EQ(reader.bytes_done(), reader.bytes_total());
  });
}

TEST_F(Lines, PiecesAreWholeLinesToo) {
  EXPECT_EQ(cut_at_newlines("ab\ncd\nefgh\ni", 3), (std::vector<std::string_view>{"ab\n", "cd\n", "efgh\n", "i"}));
  EXPECT_EQ(cut_at_newlines("abcdef", 3), (std::vector<std::string_view>{"abcdef"}));
  EXPECT_TRUE(cut_at_newlines("", 3).empty());
}

TEST_F(Lines, TheByteOrderMarkIsNoText) {
  with_readers(
      "\xEF\xBB\xBF"
      "1 2 3\n",
      {}, [](LineReader& reader) {
        EXPECT_EQ(reader.batch(), "1 2 3\n");
        EXPECT_EQ(reader.line(), 1);
      });
}

TEST_F(Lines, SkipsToContent) {
  with_readers("\n# note\n  \n%more\n data\nnext\n", kTiny, [](LineReader& reader) {
    EXPECT_EQ(skip_to_content(reader, "#%"), " data");
    EXPECT_EQ(reader.line(), 5);
    skip_line(reader);
    EXPECT_EQ(skip_to_content(reader, ""), "next");
    EXPECT_EQ(reader.line(), 6);
    skip_line(reader);
    EXPECT_EQ(skip_to_content(reader, ""), std::nullopt);
  });
}

using Numbers = std::vector<std::pair<std::int64_t, std::string>>;  // of lines

/// Every line with its number, in chunks as small as can be.
Numbers number_lines(LineReader& reader, int threads, const std::string& bad = "no line is bad") {
  ReadOptions options;
  options.threads = threads;
  const auto parse = [&](std::string_view text, std::int64_t line, std::int64_t count, Numbers& chunk, int) {
    const std::int64_t end = line + count;
    for (; !text.empty(); ++line) {
      chunk.emplace_back(line, take_line(text));
      if (chunk.back().second == bad) throw InvalidData(reader.name(), line, "bad");
    }
    EXPECT_EQ(line, end);
  };
  Numbers all;
  for (const Numbers& chunk : parse_chunks<Numbers>(reader, options, parse))
    all.insert(all.end(), chunk.begin(), chunk.end());
  return all;
}

TEST_F(Lines, ChunksComeInFileOrderWithTheirLineNumbers) {
  std::string text;
  for (int k = 1; k <= 500; ++k) text += std::to_string(k) + "\n";
  for (const int threads : {1, 4}) {
    with_readers(text, kTiny, [&](LineReader& reader) {
      const Numbers lines = number_lines(reader, threads);
      ASSERT_EQ(lines.size(), 500u);
      for (const auto& [number, line] : lines) EXPECT_EQ(std::to_string(number), line);
    });
  }
}

TEST_F(Lines, TheFirstBadLineIsNamedWhateverTheThreads) {
  std::string text;
  for (int k = 1; k <= 500; ++k) text += k % 150 == 0 ? "x\n" : "good\n";
  for (const int threads : {1, 2, 8}) {
    for (int again = 0; again < 20; ++again) {
      with_readers(text, {64, 64, 3}, [&](LineReader& reader) {
        EXPECT_TRUE(holds(complaint_of<InvalidData>([&] { number_lines(reader, threads, "x"); }), ":150: bad"));
      });
    }
  }
}

TEST_F(Lines, ProgressRisesToTheEnd) {
  std::string text;
  for (int k = 1; k <= 300; ++k) text += "a line\n";
  with_readers(text, {100, 100, 30}, [](LineReader& reader) {
    std::vector<std::uint64_t> done;
    ReadOptions options;
    options.progress = [&](std::uint64_t bytes, std::uint64_t total) {
      done.push_back(bytes);
      EXPECT_EQ(total, reader.bytes_total());
    };
    parse_chunks<int>(reader, options, [](std::string_view, std::int64_t, std::int64_t, int&, int) {});
    EXPECT_GT(done.size(), 5u);
    EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
    EXPECT_EQ(done.back(), reader.bytes_total());
  });
}

TEST_F(Lines, AnInterruptStopsReading) {
  with_readers("1\n2\n3\n4\n5\n6\n", kTiny, [](LineReader& reader) {
    const std::atomic<bool> interrupt{true};
    ReadOptions options;
    options.interrupt = &interrupt;
    const auto nothing = [](std::string_view, std::int64_t, std::int64_t, int&, int) { FAIL() << "it went on"; };
    EXPECT_EQ(complaint_of<Error>([&] { parse_chunks<int>(reader, options, nothing); }), "interrupted");
  });
}

}  // namespace
}  // namespace rankfill::data
