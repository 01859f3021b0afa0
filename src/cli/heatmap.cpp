// SPDX-License-Identifier: Apache-2.0
#include "cli/heatmap.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "cli/svg_elements.hpp"
#include "cli/text.hpp"

namespace rankfill::cli {

namespace {

constexpr double kLeft = 92, kWidth = 800, kRight = 36, kTop = 92, kCellHeight = 44, kUnder = 104, kScale = 70;
constexpr const char* kWinner = "#d9480f";

/// From the best, dark, to the worst.
constexpr std::array<std::array<double, 3>, 5> kColours{
    {{8, 64, 129}, {43, 120, 184}, {126, 184, 218}, {206, 227, 240}, {245, 241, 234}}};

std::string colour_at(double t) {
  const double place = std::clamp(t, 0.0, 1.0) * (kColours.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(place), kColours.size() - 2);
  const double share = place - static_cast<double>(low);
  std::array<char, 8> text{};
  const auto channel = [&](std::size_t c) {
    return static_cast<unsigned>(std::lround((1 - share) * kColours[low][c] + share * kColours[low + 1][c]));
  };
  std::snprintf(text.data(), text.size(), "#%02x%02x%02x", channel(0), channel(1), channel(2));
  return text.data();
}

/// Four significant digits, zeros and all.
std::string fixed_digits(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%#.4g", value);
  std::string shown = text.data();
  if (shown.ends_with('.')) shown.pop_back();
  return shown;
}

std::string rectangle(double x, double y, double width, double height, const std::string& more) {
  return "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width) + "\" height=\"" +
         number(height) + "\" " + more + "/>\n";
}

/// RMSE -> 0 (best) .. 1 (worst), by the root, so that the neighbourhood of the best has most of the colours.
class Scale {
 public:
  explicit Scale(const TuneResult& result) : low_(result.winner().rmse), high_(low_) {
    for (const TunePoint& point : result.points)
      if (std::isfinite(point.rmse)) high_ = std::max(high_, point.rmse);
  }
  double of(double rmse) const {
    if (!std::isfinite(rmse)) return 1;
    return high_ > low_ ? std::sqrt((rmse - low_) / (high_ - low_)) : 0;
  }
  double at(double t) const { return low_ + t * t * (high_ - low_); }

 private:
  double low_, high_;
};

/// The points of one weighting.
class MapPanel {
 public:
  MapPanel(const TuneResult& result, double weighting, const Scale& scale, double top)
      : best_(result.winner()), weighting_(weighting), scale_(scale), top_(top) {
    for (const TunePoint& point : result.points)
      if (point.weighting == weighting) rows_[point.rank].push_back(&point);
    double lowest = std::numeric_limits<double>::infinity(), highest = 0;
    for (const auto& [rank, points] : rows_)
      for (const TunePoint* point : points) {
        if (point->regularization > 0) lowest = std::min(lowest, point->regularization);
        highest = std::max(highest, point->regularization);
        if (!point->refined) ticks_.insert(point->regularization);
      }
    if (highest == 0) lowest = highest = 1;
    const bool has_zero = ticks_.count(0) > 0;
    zero_ = std::log(lowest / 2);
    low_ = (has_zero ? zero_ : std::log(lowest)) - kMargin;
    high_ = std::log(highest) + kMargin;
    for (auto& [rank, points] : rows_)
      std::sort(points.begin(), points.end(),
                [](const TunePoint* a, const TunePoint* b) { return a->regularization < b->regularization; });
  }

  double height() const { return kCellHeight * static_cast<double>(rows_.size()); }

  std::string operator()() const {
    std::string out = text_at(kLeft, top_ - 12, title(), {13, kInk, "start", "font-weight=\"600\""});
    double y = top_;
    std::string frame;
    for (const auto& [rank, points] : rows_) {
      out += text_at(kLeft - 10, y + kCellHeight / 2 + 4, std::to_string(rank), {12, kFaint, "end"});
      for (std::size_t k = 0; k < points.size(); ++k) {
        const double from = k == 0 ? low_ : (x_of(*points[k - 1]) + x_of(*points[k])) / 2;
        const double to = k + 1 == points.size() ? std::min(high_, x_of(*points[k]) + kMargin)
                                                 : (x_of(*points[k]) + x_of(*points[k + 1])) / 2;
        const double start = k == 0 ? std::max(from, x_of(*points[k]) - kMargin) : from;
        out += cell(*points[k], across(start), across(to), y);
        if (points[k] == &best_)
          frame = rectangle(across(start), y, across(to) - across(start), kCellHeight,
                            std::string("fill=\"none\" stroke=\"") + kWinner + "\" stroke-width=\"3\"");
      }
      y += kCellHeight;
    }
    return out + frame + axis(y);
  }

 private:
  static constexpr double kMargin = 0.35;  // of log lambda, half a factor of two

  double x_of(const TunePoint& point) const {
    return point.regularization > 0 ? std::log(point.regularization) : zero_;
  }
  double across(double x) const { return kLeft + kWidth * (x - low_) / (high_ - low_); }

  std::string title() const {
    std::string text = weighting_ == 0 ? "plain lambda" : "weighted lambda, times n_i^" + short_number(weighting_, 6);
    if (best_.weighting == weighting_)
      text += " — best: " + short_number(best_.rmse, 5) + " at lambda = " + short_number(best_.regularization) +
              ", rank " + std::to_string(best_.rank);
    return text;
  }

  std::string cell(const TunePoint& point, double from, double to, double y) const {
    constexpr double kTextWidth = 46;
    const double t = scale_.of(point.rmse);
    const std::string fill = std::isfinite(point.rmse) ? colour_at(t) : "#ffffff";
    std::string out =
        rectangle(from, y, to - from, kCellHeight, "fill=\"" + fill + "\" stroke=\"#ffffff\" stroke-width=\"1\"");
    if (to - from >= kTextWidth)
      out += text_at((from + to) / 2, y + kCellHeight / 2 + 4,
                     std::isfinite(point.rmse) ? fixed_digits(point.rmse) : "broke down",
                     {11.5, t < 0.45 ? "#ffffff" : kInk, "middle"});
    return out;
  }

  std::string axis(double y) const {
    constexpr double kApart = 48;
    std::string out;
    double last = -kApart;
    for (const double lambda : ticks_) {
      const double x = across(lambda > 0 ? std::log(lambda) : zero_);
      out += line_from(x, y, x, y + 5, kFaint);
      if (x - last < kApart) continue;
      out += text_at(x, y + 19, short_number(lambda, 3), {11.5, kFaint, "middle"});
      last = x;
    }
    out += text_at(kLeft + kWidth / 2, y + 39, "lambda (log scale)", {12.5, kInk, "middle"});
    const double middle = (top_ + y) / 2;
    const std::string turned = "transform=\"rotate(-90 " + number(kLeft - 62) + " " + number(middle) + ")\"";
    return out + text_at(kLeft - 62, middle, "rank", {12.5, kInk, "middle", turned.c_str()});
  }

  const TunePoint& best_;
  double weighting_;
  const Scale& scale_;
  double top_;
  std::map<int, std::vector<const TunePoint*>> rows_;
  std::set<double> ticks_;
  double low_ = 0, high_ = 1, zero_ = 0;
};

std::string colour_bar(const Scale& scale, double y) {
  constexpr int kSteps = 60;
  constexpr double kBar = 300, kHeight = 12;
  std::string out;
  for (int k = 0; k < kSteps; ++k) {
    out += rectangle(kLeft + kBar * k / kSteps, y, kBar / kSteps + 0.5, kHeight,
                     "fill=\"" + colour_at((k + 0.5) / kSteps) + "\"");
  }
  for (const double t : {0.0, 0.5, 1.0})
    out += text_at(kLeft + kBar * t, y + kHeight + 16, fixed_digits(scale.at(t)), {11.5, kFaint, "middle"});
  return out + text_at(kLeft + kBar + 24, y + kHeight - 1, "held-out RMSE (root scale above the best)", {12.5, kInk});
}

}  // namespace

std::string heatmap_of(const TuneResult& result, const std::string& title, const std::string& subtitle) {
  std::set<double> weightings;
  for (const TunePoint& point : result.points) weightings.insert(point.weighting);
  const Scale scale(result);
  std::string panels;
  double y = kTop;
  for (const double weighting : weightings) {
    const MapPanel panel(result, weighting, scale, y);
    panels += panel();
    y += panel.height() + kUnder;
  }
  y -= kUnder - kScale;
  return document_head(kLeft + kWidth + kRight, y + 44, title, subtitle) + panels + colour_bar(scale, y) + "</svg>\n";
}

}  // namespace rankfill::cli
