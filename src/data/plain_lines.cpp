// SPDX-License-Identifier: Apache-2.0
#include "data/plain_lines.hpp"

namespace rankfill::data::plain {

namespace {

/// A bit for each of eight bytes at `p` that is no digit, the first lowest.
std::uint64_t non_digits(const char* p) {
  constexpr std::uint64_t kTops = 0x8080808080808080u, kGather = 0x0102040810204080u;
  const std::uint64_t word = load(p);
  const std::uint64_t tops = (((word & ~kTops) + 0x7676767676767676u) | word) & kTops;  // 10 + 0x76 = 0x80
  return ((tops >> 7) * kGather) >> 56;
}

}  // namespace

bool long_whole_of(const char* p, std::size_t digits, std::uint64_t& number) {
  if (digits < 9 || digits > 15 || *p == '0') return false;
  constexpr std::uint64_t kPowers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
  number = number_of(load(p), 8) * kPowers[digits - 8] + number_of(load(p + 8), digits - 8);
  return true;
}

void Stops::find(const char* text, std::size_t length) {
  std::uint16_t* end = at.data();
  for (std::size_t first = 0; first < length; first += 64) {
    std::uint64_t marks = 0;
    for (std::size_t k = 0; k < 64; k += 8) marks |= non_digits(text + first + k) << k;
    const int found = std::popcount(marks);
    // In steps, beyond what there is: how often to go round is then easily foretold.
    constexpr int kStep = 6;
    std::uint16_t* to = end;
    for (int done = 0; done < found; done += kStep) {
      for (int k = 0; k < kStep; ++k) {
        constexpr std::uint64_t kLast = std::uint64_t{1} << 63;  // of none, any will do
        *to++ = static_cast<std::uint16_t>(first + static_cast<std::size_t>(std::countr_zero(marks | kLast)));
        marks &= marks - 1;
      }
    }
    end += found;
  }
  count = static_cast<std::size_t>(end - at.data());
}

}  // namespace rankfill::data::plain
