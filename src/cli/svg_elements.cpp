// SPDX-License-Identifier: Apache-2.0
#include "cli/svg_elements.hpp"

#include <array>
#include <cstdio>

namespace rankfill::cli {

namespace {

/// UTF-8 text as XML content; control characters, which XML forbids, become blanks.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return result;
}

}  // namespace

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

std::string text_at(double x, double y, const std::string& text, const TextStyle& style) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" font-size=\"" + number(style.size) + "\" fill=\"" +
         style.colour + "\" text-anchor=\"" + style.anchor + "\" " + style.more + ">" + escaped(text) + "</text>\n";
}

std::string line_from(double x1, double y1, double x2, double y2, const char* colour, double width) {
  return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) +
         "\" stroke=\"" + colour + "\" stroke-width=\"" + number(width) + "\"/>\n";
}

std::string document_head(double width, double height, const std::string& title, const std::string& subtitle) {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(width) + "\" height=\"" + number(height) +
         "\" viewBox=\"0 0 " + number(width) + " " + number(height) +
         "\" font-family=\"Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif\">\n"
         "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" +
         text_at(28, 30, title, {17, kInk, "start", "font-weight=\"600\""}) + text_at(28, 50, subtitle, {12.5, kFaint});
}

}  // namespace rankfill::cli
