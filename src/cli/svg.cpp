// SPDX-License-Identifier: Apache-2.0
#include "cli/svg.hpp"

#include <cmath>

#include "cli/axis.hpp"
#include "cli/svg_elements.hpp"

namespace rankfill::cli {

namespace {

constexpr double kPanelWidth = 400, kPanelHeight = 220;
constexpr double kLeft = 86, kBetween = 92, kRight = 28, kTop = 84, kUnder = 72;
constexpr const char* kGrid = "#e3e7eb";

std::vector<double> all(const std::vector<const Panel*>& panels, double Point::*coordinate, std::size_t first = 0) {
  std::vector<double> values;
  for (const Panel* panel : panels) {
    for (const Curve& curve : panel->curves) {
      for (std::size_t k = first; k < curve.points.size(); ++k) values.push_back(curve.points[k].*coordinate);
    }
  }
  return values;
}

Axis vertical_axis(const std::vector<const Panel*>& panels) {
  constexpr std::size_t kFew = 3;
  bool few = true;
  for (const Panel* panel : panels) {
    for (const Curve& curve : panel->curves) few = few && curve.points.size() <= kFew;
  }
  return Axis(all(panels, &Point::y, few ? 0 : 1), true, false);
}

/// Draws one panel with its upper left corner at (left, top).
class PanelDrawing {
 public:
  PanelDrawing(const Panel& panel, const Axis& y, double left, double top)
      : panel_(panel), x_(all({&panel}, &Point::x), false, true), y_(y), left_(left), top_(top) {}

  std::string operator()() const { return axes() + curves() + mark() + legend(); }

 private:
  double bottom() const { return top_ + kPanelHeight; }
  double across(double value) const { return left_ + x_.place(value) * kPanelWidth; }
  double up(double value) const { return bottom() - y_.place(value) * kPanelHeight; }

  std::string axes() const {
    std::string out;
    for (const double tick : y_.ticks()) {
      out += line_from(left_, up(tick), left_ + kPanelWidth, up(tick), kGrid);
      out += text_at(left_ - 8, up(tick) + 4, y_.label(tick), {11.5, kFaint, "end"});
    }
    for (const double tick : x_.ticks()) {
      out += line_from(across(tick), bottom(), across(tick), bottom() + 5, kFaint);
      out += text_at(across(tick), bottom() + 19, x_.label(tick), {11.5, kFaint, "middle"});
    }
    out += line_from(left_, bottom(), left_ + kPanelWidth, bottom(), kFaint);
    out += text_at(left_ + kPanelWidth / 2, bottom() + 39, panel_.x_label, {12.5, kInk, "middle"});
    const std::string turned =
        "transform=\"rotate(-90 " + number(left_ - 66) + " " + number(top_ + kPanelHeight / 2) + ")\"";
    const std::string scale = y_.is_log() ? " (log scale)" : "";
    out += text_at(left_ - 66, top_ + kPanelHeight / 2, panel_.y_label + scale, {12.5, kInk, "middle", turned.c_str()});
    return out + text_at(left_, top_ - 10, panel_.title, {13, kInk, "start", "font-weight=\"600\""});
  }

  std::string curves() const {
    // Curves may begin above the frame; a margin of 5 keeps lines and dots at its edges whole.
    const std::string frame = std::string("frame") + number(left_) + "-" + number(top_);
    std::string out = "<clipPath id=\"" + frame + "\"><rect x=\"" + number(left_ - 5) + "\" y=\"" + number(top_ - 5) +
                      "\" width=\"" + number(kPanelWidth + 10) + "\" height=\"" + number(kPanelHeight + 10) +
                      "\"/></clipPath>\n<g clip-path=\"url(#" + frame + ")\">\n";
    for (const Curve& curve : panel_.curves) {
      std::string path, dots;
      for (const Point& point : curve.points) {
        const double x = across(point.x), y = up(point.y);
        if (!std::isfinite(x) || !std::isfinite(y)) continue;
        path += path.empty() ? "M" : "L";
        path += number(x) + " " + number(y);
        dots += "<circle cx=\"" + number(x) + "\" cy=\"" + number(y) + "\" r=\"2.2\"/>";
      }
      out += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + curve.colour +
             "\" stroke-width=\"2\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n";
      if (curve.points.size() <= 40) out += "<g fill=\"" + curve.colour + "\">" + dots + "</g>\n";
    }
    return out + "</g>\n";
  }

  std::string mark() const {
    if (!panel_.mark) return "";
    const double x = across(panel_.mark->x), y = up(panel_.mark->y);
    constexpr double kCharacterWidth = 7.2;
    const double width = kCharacterWidth * static_cast<double>(panel_.mark_text.size());
    const bool to_the_left = x + width > left_ + kPanelWidth + kRight;
    // Above the point: curves come down to their best from the upper left.
    return "<circle cx=\"" + number(x) + "\" cy=\"" + number(y) + "\" r=\"5\" fill=\"#ffffff\" stroke=\"" + kInk +
           "\" stroke-width=\"2\"/>\n" +
           text_at(x + (to_the_left ? 4 : 0), y - 13, panel_.mark_text,
                   {12, kInk, to_the_left ? "end" : "start",
                    "font-weight=\"600\" stroke=\"#ffffff\" stroke-width=\"4\" stroke-linejoin=\"round\" "
                    "paint-order=\"stroke\""});
  }

  /// Above the frame, right of the title: inside, curves would cross it.
  std::string legend() const {
    if (panel_.curves.size() < 2) return "";
    std::string out;
    double right = left_ + kPanelWidth;
    for (auto curve = panel_.curves.rbegin(); curve != panel_.curves.rend(); ++curve) {
      constexpr double kCharacterWidth = 6.6, kMarkWidth = 18, kGap = 6;
      const double text = right - kCharacterWidth * static_cast<double>(curve->name.size());
      out += text_at(text, top_ - 10, curve->name, {12, kInk});
      out += line_from(text - kGap - kMarkWidth, top_ - 14, text - kGap, top_ - 14, curve->colour.c_str(), 2.5);
      right = text - kGap - kMarkWidth - 2 * kGap;
    }
    return out;
  }

  const Panel& panel_;
  Axis x_;
  const Axis& y_;
  double left_, top_;
};

}  // namespace

std::string draw(const Figure& figure) {
  const auto columns = static_cast<std::size_t>(figure.columns);
  const std::size_t rows = (figure.panels.size() + columns - 1) / columns;
  const double width = kLeft + kPanelWidth * figure.columns + kBetween * (figure.columns - 1) + kRight;
  const double height = kTop + static_cast<double>(rows) * (kPanelHeight + kUnder);
  std::string out = document_head(width, height, figure.title, figure.subtitle);
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<const Panel*> panels;
    for (std::size_t k = row * columns; k < std::min((row + 1) * columns, figure.panels.size()); ++k) {
      panels.push_back(&figure.panels[k]);
    }
    const Axis y = vertical_axis(panels);
    for (std::size_t column = 0; column < panels.size(); ++column) {
      out += PanelDrawing(*panels[column], y, kLeft + static_cast<double>(column) * (kPanelWidth + kBetween),
                          kTop + static_cast<double>(row) * (kPanelHeight + kUnder))();
    }
  }
  return out + "</svg>\n";
}

}  // namespace rankfill::cli
