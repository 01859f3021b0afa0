// SPDX-License-Identifier: Apache-2.0
#include "data/number.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

namespace rankfill::data {
namespace {

TEST(Number, WholeNumbersHaveOneSpelling) {
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min(), kMax = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{7}, std::int64_t{-7}, kMin, kMax}) {
    std::int64_t read = 1;
    EXPECT_TRUE(parse_whole(std::to_string(value), read)) << value;
    EXPECT_EQ(read, value);
  }
  std::int64_t read = 0;
  for (const char* text : {"", "-", "+7", "007", "-0", "-01", "7 ", " 7", "7.0", "7e0", "0x7", "9223372036854775808",
                           "-9223372036854775809", "99999999999999999999999999"}) {
    EXPECT_FALSE(parse_whole(text, read)) << text;
  }
}

TEST(Number, RealsAreRoundedAsTheStandardLibraryRoundsThem) {
  std::mt19937_64 random(5);
  for (int k = 0; k < 20000; ++k) {
    std::string text = random() % 2 ? "-" : "";
    const auto digits = [&](std::uint64_t most) {
      for (std::uint64_t d = 1 + random() % most; d > 0; --d) text += static_cast<char>('0' + random() % 10);
    };
    digits(12);
    if (random() % 4) {
      text += '.';
      digits(12);
    }
    if (random() % 4 == 0) text.append("e").append(std::to_string(static_cast<int>(random() % 80) - 40));
    double read = 0, scanned = 0;
    ASSERT_TRUE(parse_real(text, read)) << text;
    EXPECT_EQ(read, std::strtod(text.c_str(), nullptr)) << text;
    const char* const end = text.data() + text.size();
    if (scan_real(text.data(), end, scanned) == end) {
      EXPECT_EQ(scanned, read) << text;
    }
  }
}

TEST(Number, RealsAreFiniteDecimals) {
  double read = 1;
  EXPECT_TRUE(parse_real("+4.5", read) && read == 4.5);
  EXPECT_TRUE(parse_real("-.5", read) && read == -0.5);
  EXPECT_TRUE(parse_real("5.", read) && read == 5);
  EXPECT_TRUE(parse_real("1e-400", read) && read == 0);  // below the smallest
  EXPECT_TRUE(parse_real("0." + std::string(400, '0') + "1", read) && read == 0);
  EXPECT_TRUE(parse_real("1.7976931348623157e308", read));
  for (const char* text : {"",    "+",    "-",        ".",    "e5",  "+-1", "++1", "1e999", "-1e999", "nan",
                           "inf", "-inf", "infinity", "0x10", "1,5", "1 2", "1e",  "one",   "1_000",  "\xd9\xa3"}) {
    EXPECT_FALSE(parse_real(text, read)) << text;
  }
}

TEST(Number, TheQuickScannersStopWhereTheNumberEnds) {
  const std::string line = "123456789012345678 -0.25\tx";
  const char *p = line.data(), *end = p + line.size();
  std::int64_t whole = 0;
  double real = 0;
  ASSERT_NE(p = scan_whole(p, end, whole), nullptr);
  ASSERT_NE(p = scan_blanks(p, end), nullptr);
  ASSERT_NE(p = scan_real(p, end, real), nullptr);
  EXPECT_EQ(whole, 123456789012345678);
  EXPECT_EQ(real, -0.25);
  EXPECT_EQ(*p, '\t');

  const auto scans = [](const std::string& text) {
    std::int64_t n = 0;
    return scan_whole(text.data(), text.data() + text.size(), n) != nullptr;
  };
  EXPECT_FALSE(scans("-1") || scans("07") || scans("1234567890123456789") || scans("") || scans("x"));
  for (const std::string text : {"1234567890123456", "1.234567890123456", "-", ".", "x", ""}) {
    EXPECT_EQ(scan_real(text.data(), text.data() + text.size(), real), nullptr) << text;
  }
  const std::string bare = "\r";
  EXPECT_EQ(scan_newline(bare.data(), bare.data() + 1), nullptr);
}

TEST(Number, TimesAreNumbersOrDates) {
  const std::pair<const char*, double> good[] = {{"0", 0},
                                                 {"978300760.5", 978300760.5},
                                                 {"1970-01-02", 86400},
                                                 {"2000-02-29T12:30", 951827400},
                                                 {"2000-02-29 12:30:15.25Z", 951827415.25},
                                                 {"1969-12-31T23:59:59", -1}};
  for (const auto& [text, seconds] : good) {
    double read = 0;
    EXPECT_TRUE(parse_time(text, read)) << text;
    EXPECT_EQ(read, seconds) << text;
  }
  double read = 0;
  for (const char* text : {"", "yesterday", "1999-02-29", "2000-13-01", "2000-1-1", "2000-01-01T24:00",
                           "2000-01-01T10:61", "2000-01-01T10", "2000-01-01T10:00:99", "2000-01-01Tx"}) {
    EXPECT_FALSE(parse_time(text, read)) << text;
  }
}

TEST(Number, MessagesAreShortAndPrintable) {
  EXPECT_EQ(data::quoted("a\tb\x01"), "\"a?b?\"");
  EXPECT_EQ(data::quoted(std::string(500, 'x')).size(), 60u + 5u);
  EXPECT_NE(bad_value("3,5").find("decimals after a point"), std::string::npos);
  EXPECT_EQ(bad_value("a,b").find("decimals"), std::string::npos);
  EXPECT_EQ(bad_value(""), "the value is missing");
}

}  // namespace
}  // namespace rankfill::data
