// SPDX-License-Identifier: Apache-2.0
// Hides most of a relief map of the Earth, restores it as a low-rank matrix, and draws what was left, what came back and
// what it was.  The rows are circles of latitude, the columns meridians, the values metres above the sea.
//
// usage: relief INPUT.npy OUTPUT.png [FRACTION_HIDDEN = 0.7]
#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "rankfill/rankfill.hpp"

namespace {

using Grid = std::vector<double>;  ///< num_rows x num_cols, row by row; NaN: unknown
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

Grid grid_of(const rankfill::Entries& entries) {
  Grid grid(static_cast<std::size_t>(entries.num_rows * entries.num_cols), kUnknown);
  for (std::size_t p = 0; p < entries.values.size(); ++p)
    grid[static_cast<std::size_t>(entries.rows[p] * entries.num_cols + entries.cols[p])] = entries.values[p];
  return grid;
}

Grid predict_all(const rankfill::Model& model) {
  std::vector<std::int32_t> rows, cols;
  for (std::int32_t i = 0; i < model.num_rows(); ++i)
    for (std::int32_t j = 0; j < model.num_cols(); ++j) rows.push_back(i), cols.push_back(j);
  Grid grid(rows.size());
  model.predict(rows, cols, grid);
  return grid;
}

/// Mean of the values of each row (or column) of the training part, less `base`; 0 where there is none.
std::vector<double> mean_offsets(const std::vector<std::int32_t>& index, const std::vector<double>& values,
                                 std::int64_t count, double base) {
  std::vector<double> sum(static_cast<std::size_t>(count)), number(sum);
  for (std::size_t p = 0; p < values.size(); ++p) {
    sum[static_cast<std::size_t>(index[p])] += values[p] - base;
    number[static_cast<std::size_t>(index[p])] += 1;
  }
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = number[i] > 0 ? sum[i] / number[i] : 0;
  return sum;
}

/// Held-out RMSE of base + a * row offset + b * column offset.
double rmse_of_means(const rankfill::Split& split, double base, double a, double b) {
  const auto& [train, holdout] = split;
  const auto row = mean_offsets(train.rows, train.values, train.num_rows, base);
  const auto col = mean_offsets(train.cols, train.values, train.num_cols, base);
  double sum = 0;
  for (std::size_t p = 0; p < holdout.values.size(); ++p) {
    const double guess =
        base + a * row[static_cast<std::size_t>(holdout.rows[p])] + b * col[static_cast<std::size_t>(holdout.cols[p])];
    sum += (holdout.values[p] - guess) * (holdout.values[p] - guess);
  }
  return std::sqrt(sum / static_cast<double>(holdout.values.size()));
}

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour kPaper{250, 249, 246}, kInk{40, 44, 52}, kGrey{150, 150, 148};

/// Hypsometric tint: blues below the sea, greens, browns and white above.
Colour tint(double metres) {
  struct Stop {
    double metres, red, green, blue;
  };
  static constexpr Stop stops[] = {
      {-8000, 8, 18, 58},     {-6000, 14, 42, 98},   {-4500, 28, 78, 142},  {-3000, 58, 120, 178},
      {-1500, 100, 160, 205}, {-500, 138, 191, 220}, {-120, 165, 212, 222}, {0, 150, 196, 160},
      {150, 112, 162, 98},    {400, 136, 172, 98},   {800, 190, 192, 120},  {1400, 212, 182, 118},
      {2200, 182, 138, 90},   {3200, 152, 114, 90},  {4300, 208, 199, 193}, {5500, 255, 255, 255}};
  if (std::isnan(metres)) return kGrey;
  const double x = std::clamp(metres, stops[0].metres, std::end(stops)[-1].metres);
  const Stop* to = std::find_if(stops + 1, std::end(stops) - 1, [x](const Stop& stop) { return stop.metres >= x; });
  const Stop* from = to - 1;
  const double t = (x - from->metres) / (to->metres - from->metres);
  const auto mix = [t](double a, double b) { return static_cast<std::uint8_t>(std::lround(a + t * (b - a))); };
  return {mix(from->red, to->red), mix(from->green, to->green), mix(from->blue, to->blue)};
}

struct Image {
  Image(int width, int height)
      : width(width), height(height), pixels(static_cast<std::size_t>(width * height), kPaper) {}

  void draw(const Grid& grid, int columns, int left, int top) {
    for (std::size_t p = 0; p < grid.size(); ++p)
      at(left + static_cast<int>(p) % columns, top + static_cast<int>(p) / columns) = tint(grid[p]);
  }

  /// Capitals, digits, ':' and '%' as 5 x 7 dots, row by row, the top left dot in bit 34.
  void write(std::string_view text, int left, int top) {
    static constexpr std::string_view alphabet = "0123456789:%ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static constexpr std::uint64_t dots[] = {
        0x3a33ae62e, 0x11842108e, 0x3a213221f, 0x78217043e, 0x08ca97c42, 0x7e1e0862e, 0x3a10f462e, 0x7c2222108,
        0x3a317462e, 0x3a317842e, 0x008000080, 0x674222173, 0x3a31fc631, 0x7a31f463e, 0x3a308422e, 0x7a318c63e,
        0x7e10f421f, 0x7e10f4210, 0x3a30bc62e, 0x4631fc631, 0x38842108e, 0x1c4210a4c, 0x4654c5251, 0x42108421f,
        0x4775ac631, 0x47359c631, 0x3a318c62e, 0x7a31f4210, 0x3a318d64d, 0x7a31f5251, 0x3e107043e, 0x7c8421084,
        0x46318c62e, 0x46318c544, 0x4631ad771, 0x462a22a31, 0x462a21084, 0x7c222221f};
    for (std::size_t k = 0; k < text.size(); ++k) {
      const std::size_t letter = alphabet.find(text[k]);
      if (letter == alphabet.npos) continue;
      for (int y = 0; y < 7 * scale; ++y)
        for (int x = 0; x < 5 * scale; ++x)
          if (dots[letter] >> (34 - y / scale * 5 - x / scale) & 1)
            at(left + static_cast<int>(k) * 6 * scale + x, top + y) = kInk;
    }
  }
  static constexpr int scale = 8;  ///< large: a page shows the picture at a quarter of its size

  void save(const std::string& file) const {
    png_image png{};
    png.version = PNG_IMAGE_VERSION;
    png.width = static_cast<png_uint_32>(width);
    png.height = static_cast<png_uint_32>(height);
    png.format = PNG_FORMAT_RGB;
    if (!png_image_write_to_file(&png, file.c_str(), 0, pixels.data(), 0, nullptr))
      throw rankfill::FileError(file, "cannot write", png.message);
  }

  Colour& at(int x, int y) { return pixels.at(static_cast<std::size_t>(y * width + x)); }

  int width, height;
  std::vector<Colour> pixels;
};

void run(const std::string& input, const std::string& output, double fraction) {
  const rankfill::Entries truth = rankfill::read_entries(input);
  const rankfill::Split split = rankfill::split_by_fraction(truth, fraction, /*seed=*/2);
  const auto& [train, holdout] = split;
  std::printf("%s: %lld x %lld, %lld values seen, %lld hidden\n", input.c_str(), static_cast<long long>(truth.num_rows),
              static_cast<long long>(truth.num_cols), static_cast<long long>(train.size()),
              static_cast<long long>(holdout.size()));

  // Rank and regularization were chosen by trying on another split.  solve() is not shown the hidden values, not even to
  // decide when to stop.
  rankfill::Options options;
  options.rank = 60;
  options.regularization = 10;
  options.weighting = 1;  // lambda per entry: holds for other fractions as well
  options.max_iterations = 100;
  const auto [model, summary] = rankfill::solve(train, options);
  const double rmse = rankfill::evaluate(model, holdout).rmse;

  double mean = 0;
  for (const double value : train.values) mean += value / static_cast<double>(train.size());
  std::printf("rank %d on %s: %d iterations in %.2f s; %s\n\n", options.rank, summary.device_used.c_str(),
              summary.iterations, summary.seconds.solve, summary.message.c_str());
  std::printf("RMSE on the hidden values, metres\n");
  std::printf("  mean of what is seen   %8.1f\n", rmse_of_means(split, mean, 0, 0));
  std::printf("  row means              %8.1f\n", rmse_of_means(split, mean, 1, 0));
  std::printf("  column means           %8.1f\n", rmse_of_means(split, mean, 0, 1));
  std::printf("  row + column means     %8.1f\n", rmse_of_means(split, mean, 1, 1));
  std::printf("  rankfill, rank %-4d    %8.1f\n\n", options.rank, rmse);

  const int columns = static_cast<int>(truth.num_cols), rows = static_cast<int>(truth.num_rows);
  constexpr int margin = 24, caption = 7 * Image::scale + margin;
  const int step = columns + margin, top = margin + caption;
  Image image(3 * step + margin, rows + top + margin);
  const Grid panels[] = {grid_of(train), predict_all(model), grid_of(truth)};
  const std::string captions[] = {std::to_string(std::lround(100 * fraction)) + " % HIDDEN: GREY",
                                  "RESTORED: RMSE " + std::to_string(std::lround(rmse)) + " M", "TRUE"};
  for (int k = 0; k < 3; ++k) {
    image.write(captions[k], margin + k * step, margin);
    image.draw(panels[k], columns, margin + k * step, top);
  }
  image.save(output);
  std::printf(
      "%s: left what the solver saw, middle the model's prediction of every pixel (seen ones too), right the truth\n",
      output.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const double fraction = argc > 3 ? std::atof(argv[3]) : 0.7;
  if (argc < 3 || argc > 4 || !(fraction > 0 && fraction < 1)) {
    std::fprintf(stderr, "usage: relief INPUT.npy OUTPUT.png [FRACTION_HIDDEN = 0.7, between 0 and 1]\n");
    return 2;
  }
  try {
    run(argv[1], argv[2], fraction);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "relief: %s\n", error.what());
    return 1;
  }
}
