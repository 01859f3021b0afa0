// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace rankfill::cli {

// The elements that pictures are made of; all append to one SVG document.

inline constexpr const char* kInk = "#1b1f24";
inline constexpr const char* kFaint = "#57606a";

/// Two decimals.
std::string number(double value);

struct TextStyle {
  double size = 12;
  const char* colour = kInk;
  const char* anchor = "start";
  const char* more = "";  ///< further attributes
};

/// `text`: UTF-8.
std::string text_at(double x, double y, const std::string& text, const TextStyle& style);

std::string line_from(double x1, double y1, double x2, double y2, const char* colour, double width = 1);

/// A white page with a title and a line under it; "</svg>" ends it.
std::string document_head(double width, double height, const std::string& title, const std::string& subtitle);

}  // namespace rankfill::cli
