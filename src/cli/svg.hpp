// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rankfill::cli {

struct Point {
  double x = 0, y = 0;
};

/// One line of a panel.  Points that are not finite are left out.  The first point, where an iteration started, does not
/// count for the vertical scale when there are more than three: what follows is often much smaller.
struct Curve {
  std::string name;    ///< for the legend
  std::string colour;  ///< "#1f6fb4"
  std::vector<Point> points;
};

/// One pair of axes.
struct Panel {
  std::string title, x_label, y_label;
  std::vector<Curve> curves;
  std::optional<Point> mark;  ///< a point to be ringed,
  std::string mark_text;      ///< and what is written beside it
};

/// Panels in rows of `columns`; panels of one row have one vertical scale.
struct Figure {
  std::string title, subtitle;
  int columns = 2;
  std::vector<Panel> panels;
};

/// A self-contained SVG document, light background.
std::string draw(const Figure& figure);

}  // namespace rankfill::cli
