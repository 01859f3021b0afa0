// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <iomanip>
#include <sstream>
#include <string>

namespace rankfill::cli {

namespace {

constexpr std::size_t kNameWidth = 32, kTextWidth = 78;

/// `text` in lines of at most kTextWidth; line breaks in it stay.
std::string wrap(const std::string& text) {
  std::istringstream lines(text);
  std::string result, line, word;
  while (std::getline(lines, line)) {
    if (!result.empty()) result += '\n';
    std::istringstream words(line);
    std::size_t used = 0;
    while (words >> word) {
      if (used > 0 && used + 1 + word.size() > kTextWidth) {
        result += '\n';
        used = 0;
      }
      result += (used > 0 ? " " : "") + word;
      used += word.size() + (used > 0 ? 1 : 0);
    }
  }
  return result;
}

class HelpFormatter : public CLI::Formatter {
 public:
  /// One blank line between groups, where the base class leaves two.
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
    for (std::size_t at = 0; (at = help.find("\n\n\n")) != std::string::npos;) help.erase(at, 1);
    return help;
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::ostringstream out;
    CLI::detail::format_help(out, make_option_name(option, is_positional) + make_option_opts(option),
                             wrap(make_option_desc(option) + default_of(option)), kNameWidth);
    return out.str();
  }

  // The value's name only: defaults stand behind the description.
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_positional() || option->get_type_size() == 0 || option->get_type_name().empty()
               ? ""
               : " " + option->get_type_name();
  }

  std::string make_usage(const CLI::App* app, std::string) const override {
    std::string usage = "\nUsage: rankfill";
    if (app->get_parent() == nullptr) return usage + " COMMAND [options]\n\n";
    usage += " " + app->get_name();
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_positional())
        usage += option->get_required() ? " " + option->get_name() : " [" + option->get_name() + "]";
    }
    return usage + " [options]\n\n";
  }

 private:
  static std::string default_of(const CLI::Option* option) {
    return option->get_default_str().empty() ? "" : "  [" + option->get_default_str() + "]";
  }
};

}  // namespace

std::shared_ptr<CLI::Formatter> make_help_formatter() {
  auto formatter = std::make_shared<HelpFormatter>();
  formatter->column_width(kNameWidth);
  return formatter;
}

}  // namespace rankfill::cli
