// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/detail/philox.hpp"

// One draw of a synthetic matrix: where it falls and what it is worth.  Integers only, so that every compiler and device gets
// the same bits.  Values are in units of 2^-16 until they are rounded.

namespace rankfill {

inline constexpr int kPlantedRank = 64;
inline constexpr int kPlantedWords = kPlantedRank / 4;  ///< a factor row is 64 signed bytes in 16 words

/// What the words of a counter are for.
enum class DrawStream : std::uint32_t { draw, row_factor, row_bias, col_factor, col_bias };

constexpr std::array<std::uint32_t, 4> draw_words(std::uint64_t seed, std::int64_t index, std::uint32_t draw,
                                                  DrawStream stream) {
  return philox({static_cast<std::uint32_t>(index), draw, static_cast<std::uint32_t>(stream), 0x52414E4B},
                {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
}

/// Place of draw t of `num_draws` in [0, 2^64 - 1): its own stratum of equal length, and within it where `jitter` says.  So
/// the places of a row ascend, its columns come out sorted, and equal columns stand next to each other.
constexpr std::uint64_t draw_place(std::uint32_t t, std::uint32_t num_draws, std::uint32_t jitter) {
  const std::uint64_t stratum = ~std::uint64_t{0} / num_draws;
  return t * stratum + (stratum >> 32) * jitter + (((stratum & 0xFFFFFFFFU) * jitter) >> 32);
}

/// The first column whose limit is above `place`: the inverse of the distribution function.  limits ascend; the last is 2^64 - 1.
constexpr std::int32_t column_at(std::uint64_t place, const std::uint64_t* limits, std::int64_t num_cols) {
  std::int64_t first = 0, last = num_cols - 1;
  while (first < last) {
    const std::int64_t middle = (first + last) / 2;
    if (place < limits[middle])
      last = middle;
    else
      first = middle + 1;
  }
  return static_cast<std::int32_t>(first);
}

/// Nearly normal: the sum of four uniform 16-bit numbers less its mean.  Standard deviation 2^16 / sqrt(3).
constexpr std::int32_t bell(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>((a & 0xFFFFU) + (a >> 16) + (b & 0xFFFFU) + (b >> 16)) - 2 * 0xFFFF;
}

/// Component r of the planted factor of a row or column: uniform in [-128, 127].
constexpr std::int32_t planted_component(std::uint64_t seed, std::int64_t index, int r, DrawStream stream) {
  const auto words = draw_words(seed, index, static_cast<std::uint32_t>(r / 16), stream);
  return static_cast<std::int8_t>(words[static_cast<std::size_t>(r / 4 % 4)] >> (8 * (r % 4)));
}

/// Bias of a row or column: nearly normal, with deviation scale / 64 / sqrt(3) stars.
constexpr std::int32_t scaled_bias(std::uint64_t seed, std::int64_t index, DrawStream stream, std::int32_t scale) {
  const auto words = draw_words(seed, index, 0, stream);
  return (bell(words[0], words[1]) * scale) >> 6;
}

/// sum_r s_r p_r q_r: `row` holds the 64 products s_r p_r, `col` the 64 bytes q_r.
constexpr std::int64_t planted_dot(const std::int32_t* row, const std::uint32_t* col) {
  std::int64_t sum = 0;
  for (int w = 0; w < kPlantedWords; ++w)
    for (int b = 0; b < 4; ++b) sum += row[4 * w + b] * static_cast<std::int8_t>(col[w] >> (8 * b));
  return sum;
}

inline constexpr std::int32_t kMeanValue = 235930;  ///< 3.6 stars
inline constexpr std::int32_t kRowBiasScale = 45;   ///< of 64: a deviation of 0.41 stars
inline constexpr std::int32_t kColBiasScale = 55;   ///< 0.50 stars
inline constexpr std::int32_t kNoiseScale = 91;     ///< 0.82 stars
inline constexpr double kSignalDeviation = 0.55;    ///< stars; the planted part

/// Half stars, 1 to 10.  biases: of row and column, scaled.  signal_scale: 2^-16 of a value per unit of the dot, times 2^16.
constexpr std::int32_t half_stars(std::int32_t biases, std::int64_t dot, std::int64_t signal_scale,
                                  std::int32_t noise) {
  const std::int64_t value = kMeanValue + biases + ((dot * signal_scale) >> 16) + ((noise * kNoiseScale) >> 6);
  const std::int64_t rounded = (value + (1 << 14)) >> 15;
  return static_cast<std::int32_t>(rounded < 1 ? 1 : rounded > 10 ? 10 : rounded);
}

}  // namespace rankfill
