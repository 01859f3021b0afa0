// SPDX-License-Identifier: Apache-2.0
#include <cuda_fp16.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

unsigned short to_half(float x) { return __half_as_ushort(__float2half_rn(x)); }
float to_float(unsigned short bits) { return __half2float(__ushort_as_half(bits)); }

TEST(Half, RoundsToTheNearestTiesToEvenByTable) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  struct Entry {
    float x;
    unsigned short bits;
  };
  for (const auto& [x, bits] : std::vector<Entry>{
           {0.0F, 0x0000},
           {-0.0F, 0x8000},
           {1.0F, 0x3C00},
           {-2.0F, 0xC000},
           {0.1F, 0x2E66},
           {1.0F + 0x1p-11F, 0x3C00},             // a tie: 1.0 is even
           {1.0F + 0x1p-11F + 0x1p-23F, 0x3C01},  // one float past it
           {1.0F + 0x1.8p-10F, 0x3C02},           // a tie that goes up
           {2.0F - 0x1p-12F, 0x4000},             // the carry reaches the exponent
           {65504.0F, 0x7BFF},                    // the largest
           {65519.996F, 0x7BFF},                  // below the tie
           {65520.0F, 0x7C00},                    // the tie
           {65536.0F, 0x7C00},
           {-1e30F, 0xFC00},
           {infinity, 0x7C00},
           {0x1p-14F, 0x0400},             // the smallest normal
           {0x1p-14F - 0x1p-26F, 0x0400},  // rounds up to it
           {0x1p-14F - 0x1p-24F, 0x03FF},  // the largest subnormal
           {0x1p-24F, 0x0001},             // the smallest
           {0x1p-25F, 0x0000},             // a tie to zero
           {0x1.000002p-25F, 0x0001},
           {0x1.8p-24F, 0x0002},
           {-0x1p-26F, 0x8000},
           {std::numeric_limits<float>::denorm_min(), 0x0000},
       })
    EXPECT_EQ(to_half(x), bits) << x;

  EXPECT_EQ(to_half(std::numeric_limits<float>::quiet_NaN()), 0x7FFF);
  EXPECT_TRUE(std::isnan(to_float(0x7C01)));
  EXPECT_EQ(to_float(0xFC00), -infinity);
}

TEST(Half, EveryNumberSurvivesTheWayThereAndBack) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const auto h = static_cast<unsigned short>(bits);
    const float x = to_float(h);

    if (std::isnan(x)) {
      ASSERT_GT(bits & 0x7FFFU, 0x7C00U);
    } else {
      ASSERT_EQ(to_half(x), h) << x;
    }
  }
}

TEST(Half, TheTwoHalvesOfAPairAreInOrder) {
  const __half2 pair = __float22half2_rn({1.5F, -0.25F});

  EXPECT_EQ(std::bit_cast<std::uint32_t>(pair), 0xB4003E00U);
  EXPECT_EQ(__half22float2(pair).x, 1.5F);
  EXPECT_EQ(__half22float2(pair).y, -0.25F);
}

#ifdef __FLT16_MANT_DIG__
TEST(Half, AgreesWithTheCompilersOwn) {
  // every exponent, and fractions around every place where the rounding turns
  for (std::uint32_t exponent = 0; exponent < 0xFF; ++exponent)
    for (std::uint32_t high = 0; high < 0x400; high += 37)
      for (const std::uint32_t low : {0U, 1U, 0xFFFU, 0x1000U, 0x1001U, 0x1FFFU})
        for (const std::uint32_t sign : {0U, 0x80000000U}) {
          const auto x = std::bit_cast<float>(sign | exponent << 23 | high << 13 | low);
          const auto want = static_cast<_Float16>(x);

          ASSERT_EQ(to_half(x), std::bit_cast<unsigned short>(want)) << x;
          ASSERT_EQ(to_float(to_half(x)), static_cast<float>(want)) << x;
        }
}
#endif

}  // namespace
